import type { EligibleAccount } from '@tollgate/accounts';
import { DECISION_NAMES_MAX, packPool, type AccountId, type GroupId, type PackedPool } from '@tollgate/core';

export interface Exclusion {
  accountId: AccountId;
  reason: string;
}

interface KnownPool {
  groupId: GroupId;
  exclusions: readonly Exclusion[];
  packed: PackedPool;
}

const known = new WeakMap<readonly EligibleAccount[], KnownPool>();

/**
 * The pool of a round as the decision record names it. Lists that are frozen are packed once, as most requests look at
 * the same few; others may change, or are thrown away at once.
 */
export function packLookedAt(
  groupId: GroupId,
  eligible: readonly EligibleAccount[],
  exclusions: readonly Exclusion[],
): PackedPool {
  const last = known.get(eligible);
  if (last !== undefined && last.groupId === groupId && last.exclusions === exclusions) return last.packed;
  const packed = pack(groupId, eligible, exclusions);
  if (Object.isFrozen(eligible) && Object.isFrozen(exclusions))
    known.set(eligible, { groupId, exclusions, packed });
  return packed;
}

function pack(
  groupId: GroupId,
  eligible: readonly EligibleAccount[],
  exclusions: readonly Exclusion[],
): PackedPool {
  // Earlier rounds tell of the others.
  const excluded = exclusions.filter(({ reason }) => reason !== 'already-tried');
  return packPool({
    groupId,
    candidates: eligible.slice(0, DECISION_NAMES_MAX).map(({ account }) => account.id),
    candidateCount: eligible.length,
    excluded: excluded.slice(0, DECISION_NAMES_MAX),
    excludedCount: excluded.length,
  });
}
