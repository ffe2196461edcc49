import type { QuotaEffectName, QuotaEvent, QuotaStateName } from './quota-states.ts';

export interface QuotaTransition {
  from: QuotaStateName;
  on: QuotaEvent;
  to: QuotaStateName;
  effects: readonly QuotaEffectName[];
}

/**
 * The token quota guard (LIM-10), whole. What is not listed changes nothing and asks for nothing: a request that
 * comes while the database is being asked waits for the answer, and an answer that nobody waits for is dropped.
 * docs/limits.md shows this table; a test compares the two.
 */
export const QUOTA_TRANSITIONS: readonly QuotaTransition[] = [
  // The block flag comes first.
  { from: 'unknown', on: 'flag-found', to: 'blocked', effects: ['refuse-asker'] },
  { from: 'within', on: 'flag-found', to: 'blocked', effects: ['refuse-asker'] },
  { from: 'over', on: 'flag-found', to: 'blocked', effects: ['refuse-asker'] },
  { from: 'blocked', on: 'flag-found', to: 'blocked', effects: ['refuse-asker'] },
  { from: 'reading', on: 'flag-found', to: 'reading', effects: ['refuse-asker'] },
  { from: 'outdated', on: 'flag-found', to: 'outdated', effects: ['refuse-asker'] },
  { from: 'resetting', on: 'flag-found', to: 'resetting', effects: ['refuse-asker'] },
  { from: 'rereading', on: 'flag-found', to: 'rereading', effects: ['refuse-asker'] },
  // Then the figures of the last minute.
  { from: 'within', on: 'asked-with-fresh-figures', to: 'within', effects: ['pass'] },
  { from: 'over', on: 'asked-with-fresh-figures', to: 'over', effects: ['write-flag', 'refuse'] },
  { from: 'within', on: 'asked-after-period', to: 'resetting', effects: ['reset-if-due'] },
  { from: 'over', on: 'asked-after-period', to: 'resetting', effects: ['reset-if-due'] },
  // Then the database.
  { from: 'unknown', on: 'asked-with-stale-figures', to: 'reading', effects: ['read-database'] },
  { from: 'within', on: 'asked-with-stale-figures', to: 'reading', effects: ['read-database'] },
  { from: 'over', on: 'asked-with-stale-figures', to: 'reading', effects: ['read-database'] },
  { from: 'blocked', on: 'asked-with-stale-figures', to: 'reading', effects: ['read-database'] },
  { from: 'unknown', on: 'store-fault', to: 'reading', effects: ['read-database'] },
  { from: 'within', on: 'store-fault', to: 'reading', effects: ['read-database'] },
  { from: 'over', on: 'store-fault', to: 'reading', effects: ['read-database'] },
  { from: 'blocked', on: 'store-fault', to: 'reading', effects: ['read-database'] },
  // What the database says.
  { from: 'reading', on: 'row-within', to: 'within', effects: ['pass'] },
  { from: 'reading', on: 'row-over', to: 'over', effects: ['write-flag', 'refuse'] },
  { from: 'reading', on: 'row-due', to: 'resetting', effects: ['reset-if-due'] },
  { from: 'reading', on: 'row-unusable', to: 'unknown', effects: ['refuse-unknown'] },
  { from: 'reading', on: 'database-fault', to: 'unknown', effects: ['refuse-unknown'] },
  // Read before an admin's change: read again.
  { from: 'outdated', on: 'row-within', to: 'reading', effects: ['read-database'] },
  { from: 'outdated', on: 'row-over', to: 'reading', effects: ['read-database'] },
  { from: 'outdated', on: 'row-due', to: 'reading', effects: ['read-database'] },
  { from: 'outdated', on: 'row-unusable', to: 'reading', effects: ['read-database'] },
  { from: 'outdated', on: 'database-fault', to: 'unknown', effects: ['refuse-unknown'] },
  // A new period: one node of all makes the update, every one reads what it led to.
  { from: 'resetting', on: 'reset-done', to: 'rereading', effects: ['read-database'] },
  { from: 'resetting', on: 'reset-lost', to: 'rereading', effects: ['read-database'] },
  { from: 'resetting', on: 'database-fault', to: 'unknown', effects: ['refuse-unknown'] },
  { from: 'rereading', on: 'row-within', to: 'within', effects: ['clear-flag', 'pass'] },
  { from: 'rereading', on: 'row-over', to: 'over', effects: ['write-flag', 'refuse'] },
  // Due again: the clocks of node and database differ. No second round, which might never end.
  { from: 'rereading', on: 'row-due', to: 'unknown', effects: ['refuse-unknown'] },
  { from: 'rereading', on: 'row-unusable', to: 'unknown', effects: ['refuse-unknown'] },
  { from: 'rereading', on: 'database-fault', to: 'unknown', effects: ['refuse-unknown'] },
  // An admin's change. Every node clears the flag: one may have written it from figures of before the change.
  { from: 'unknown', on: 'limit-raised', to: 'unknown', effects: ['clear-flag'] },
  { from: 'within', on: 'limit-raised', to: 'unknown', effects: ['clear-flag'] },
  { from: 'over', on: 'limit-raised', to: 'unknown', effects: ['clear-flag'] },
  { from: 'blocked', on: 'limit-raised', to: 'unknown', effects: ['clear-flag'] },
  { from: 'reading', on: 'limit-raised', to: 'outdated', effects: ['clear-flag'] },
  { from: 'outdated', on: 'limit-raised', to: 'outdated', effects: ['clear-flag'] },
  { from: 'resetting', on: 'limit-raised', to: 'resetting', effects: ['clear-flag'] },
  { from: 'rereading', on: 'limit-raised', to: 'outdated', effects: ['clear-flag'] },
  { from: 'unknown', on: 'reset-by-hand', to: 'unknown', effects: ['clear-flag'] },
  { from: 'within', on: 'reset-by-hand', to: 'unknown', effects: ['clear-flag'] },
  { from: 'over', on: 'reset-by-hand', to: 'unknown', effects: ['clear-flag'] },
  { from: 'blocked', on: 'reset-by-hand', to: 'unknown', effects: ['clear-flag'] },
  { from: 'reading', on: 'reset-by-hand', to: 'outdated', effects: ['clear-flag'] },
  { from: 'outdated', on: 'reset-by-hand', to: 'outdated', effects: ['clear-flag'] },
  { from: 'resetting', on: 'reset-by-hand', to: 'resetting', effects: ['clear-flag'] },
  { from: 'rereading', on: 'reset-by-hand', to: 'outdated', effects: ['clear-flag'] },
  // Settlement moves the figures at once; the database follows within its batch.
  { from: 'within', on: 'settled-within', to: 'within', effects: [] },
  { from: 'within', on: 'settled-over', to: 'over', effects: ['write-flag'] },
  { from: 'over', on: 'settled-over', to: 'over', effects: [] },
];
