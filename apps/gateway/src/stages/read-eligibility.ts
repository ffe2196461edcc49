import { listEligibleAccounts, selectRoutedAccounts, type EligibleAccount } from '@tollgate/accounts';
import type { AccountId, GroupSnapshot, PoolSnapshot } from '@tollgate/core';

/** Who may serve a model, by what the snapshots say (ACC-2, SEL-1). The lists are shared, and frozen. */
export interface SharedEligibility {
  eligible: readonly EligibleAccount[];
  exclusions: readonly { accountId: AccountId; reason: string }[];
  isRouted: boolean;
}

interface KnownEligibility extends SharedEligibility {
  platform: GroupSnapshot['platform'];
  modelRouting: GroupSnapshot['modelRouting'];
  /** Wall clock, ms: an account expires at the end. */
  fromMs: number;
  untilMs: number;
}

/** Clients choose the names of models, so there may be any number. */
const MODELS_MAX = 1_000;
const NOBODY: ReadonlySet<AccountId> = new Set();
const pools = new WeakMap<PoolSnapshot, Map<string, KnownEligibility>>();

/**
 * The pool's accounts for a model that a request of the group asks for, sorted once for as long as the snapshots
 * live and no account expires: a pool may be large, and most requests ask for the same.
 */
export function readEligibility(
  pool: PoolSnapshot,
  group: GroupSnapshot,
  model: string,
  nowMs: number,
): SharedEligibility {
  const models = openModels(pool);
  const known = models.get(model);
  if (known !== undefined && isFor(known, group, nowMs)) return known;
  const sorted = sortPool(pool, group, model, nowMs);
  if (models.size >= MODELS_MAX) models.clear();
  models.set(model, sorted);
  return sorted;
}

function openModels(pool: PoolSnapshot): Map<string, KnownEligibility> {
  let models = pools.get(pool);
  if (models === undefined) pools.set(pool, (models = new Map()));
  return models;
}

function isFor(known: KnownEligibility, { platform, modelRouting }: GroupSnapshot, nowMs: number): boolean {
  return (
    known.platform === platform &&
    known.modelRouting === modelRouting &&
    nowMs >= known.fromMs &&
    nowMs < known.untilMs
  );
}

function sortPool(
  pool: PoolSnapshot,
  { platform, modelRouting }: GroupSnapshot,
  model: string,
  nowMs: number,
): KnownEligibility {
  const routedTo = selectRoutedAccounts(modelRouting, model);
  const lists = listEligibleAccounts(pool, { model, platform, nowMs, excluded: NOBODY, routedTo });
  return {
    eligible: Object.freeze(lists.eligible),
    exclusions: Object.freeze(lists.exclusions),
    isRouted: routedTo !== null,
    platform,
    modelRouting,
    fromMs: nowMs,
    untilMs: findNextExpiry(pool, nowMs),
  };
}

function findNextExpiry({ accounts }: PoolSnapshot, nowMs: number): number {
  let nextMs = Number.POSITIVE_INFINITY;
  for (const { expiresAtMs } of accounts)
    if (expiresAtMs !== null && expiresAtMs > nowMs && expiresAtMs < nextMs) nextMs = expiresAtMs;
  return nextMs;
}
