import type { QuotaFigures } from './quota-figures.ts';

/**
 * What one node knows of one user's token quota, and what it is finding out. In the four states that read,
 * exactly one call to the database is under way, and requests wait for it (LIM-10: one read at a time per user).
 */
export const QUOTA_STATES = [
  /** Nothing is known. The start. */
  'unknown',
  /** The figures are being read. */
  'reading',
  /** They are being read, but were changed meanwhile: what comes must not decide. */
  'outdated',
  /** The period is over: the conditional update is under way. */
  'resetting',
  /** The update is done, here or elsewhere: the figures are being read again. */
  'rereading',
  /** The figures allow requests. */
  'within',
  /** The figures refuse requests; the flag has been written. */
  'over',
  /** The flag was found in the shared store. */
  'blocked',
] as const;
export type QuotaStateName = (typeof QUOTA_STATES)[number];

export type QuotaState =
  | { name: 'unknown' | 'reading' | 'outdated' | 'resetting' | 'rereading' | 'blocked' }
  | { name: 'within' | 'over'; figures: QuotaFigures; readAtMs: number };

export type QuotaInput =
  /** A request came, and admission found the flag, with this much life left. */
  | { kind: 'flag-found'; lifeMs: number }
  /** A request came, and admission found no flag. */
  | { kind: 'flag-absent' }
  /** A request came, and the shared store did not answer. */
  | { kind: 'store-fault' }
  /** The database answered the read; null = there is no such user. */
  | { kind: 'row'; figures: QuotaFigures | null }
  /** The database did not answer the read or the update. */
  | { kind: 'database-fault' }
  /** The update was made here. */
  | { kind: 'reset-done' }
  /** Somebody else had made it. */
  | { kind: 'reset-lost' }
  /** An admin raised the limit. */
  | { kind: 'limit-raised' }
  /** An admin began a new period by hand. */
  | { kind: 'reset-by-hand' }
  /** A request of this user was settled on this node. */
  | { kind: 'settled'; tokens: number };

/** Inputs with their conditions resolved against figures and clock: the columns of the table. */
export const QUOTA_EVENTS = [
  'flag-found',
  'asked-with-fresh-figures',
  'asked-with-stale-figures',
  'asked-after-period',
  'store-fault',
  'row-within',
  'row-over',
  'row-due',
  'row-unusable',
  'database-fault',
  'reset-done',
  'reset-lost',
  'limit-raised',
  'reset-by-hand',
  'settled-within',
  'settled-over',
] as const;
export type QuotaEvent = (typeof QUOTA_EVENTS)[number];

/** What the runner has to do, in order. Answers go to every request that waits, the asking one included. */
export type QuotaEffect =
  /** Answer: go on. */
  | { do: 'pass' }
  /** Answer: 400 (or 429) 40051. */
  | { do: 'refuse'; retryAfterMs: number }
  /** The same, for the asking request alone: others wait for the database, which knows better than the flag. */
  | { do: 'refuse-asker'; retryAfterMs: number }
  /** Answer: 503. Nobody knows whether there is quota left (fail closed). */
  | { do: 'refuse-unknown' }
  | { do: 'read-database' }
  | { do: 'reset-if-due' }
  | { do: 'write-flag'; lifeMs: number }
  | { do: 'clear-flag' };
export type QuotaEffectName = QuotaEffect['do'];
