import type { AccountId, AccountSnapshot, Platform, PoolSnapshot } from '@tollgate/core';
import { mapModel } from './map-model.ts';

/** What of ACC-2 the snapshot can tell; load, health and windows are the store's. */
export type ExclusionReason =
  | 'already-tried'
  | 'not-routed'
  | 'wrong-platform'
  | 'disabled'
  | 'error'
  | 'not-schedulable'
  | 'expired'
  | 'model-not-allowed';

export interface EligibilityQuery {
  /** The name that the client asked for. */
  model: string;
  platform: Platform;
  /** Wall clock, ms since 1970 UTC. */
  nowMs: number;
  /** Accounts that this request has tried. */
  excluded: ReadonlySet<AccountId>;
  /** SEL-1: the group's route for this model replaces the candidates; null or absent = no route fits. */
  routedTo?: ReadonlySet<AccountId> | null;
}

export interface EligibleAccount {
  account: AccountSnapshot;
  /** The name to ask this account's upstream for. */
  upstreamModel: string;
}

export interface Eligibility {
  /** In the pool's order. */
  eligible: EligibleAccount[];
  /** The first reason that holds, for the decision record (OPS-9). */
  exclusions: { accountId: AccountId; reason: ExclusionReason }[];
}

/** Sorts every account of the pool into one of two lists (ACC-2). */
export function listEligibleAccounts(pool: PoolSnapshot, query: EligibilityQuery): Eligibility {
  const eligible: EligibleAccount[] = [];
  const exclusions: Eligibility['exclusions'] = [];
  for (const account of pool.accounts) {
    const reason = findExclusion(account, query);
    const upstreamModel = reason === null ? mapModel(account.modelMapping, query.model) : null;
    if (upstreamModel !== null) eligible.push({ account, upstreamModel });
    else exclusions.push({ accountId: account.id, reason: reason ?? 'model-not-allowed' });
  }
  return { eligible, exclusions };
}

function findExclusion(account: AccountSnapshot, query: EligibilityQuery): ExclusionReason | null {
  if (query.excluded.has(account.id)) return 'already-tried';
  if (query.routedTo?.has(account.id) === false) return 'not-routed';
  if (account.platform !== query.platform) return 'wrong-platform';
  if (account.status !== 'active') return account.status;
  if (!account.schedulable) return 'not-schedulable';
  return isExpired(account, query.nowMs) ? 'expired' : null;
}

/** The moment of expiry itself is already too late. */
function isExpired(account: AccountSnapshot, nowMs: number): boolean {
  return account.expiresAtMs !== null && account.expiresAtMs <= nowMs;
}
