import type { AccountId, LeaseId } from '@tollgate/core';
import {
  ACCOUNT_EXCLUSION_REASONS,
  type AccountCandidate,
  type AccountExclusion,
  type TakeAccountRequest,
  type TakeAccountResult,
} from '../account-port.ts';
import { at } from '../admit-result.ts';

/** First element of what `lua/includes/take-account.lua` gives. */
const CODES = { none: 0, taken: 1, windowCostUnknown: 2, queued: 3 } as const;
const FLAGS = { sticky: 1, probe: 2 } as const;

type Answer =
  | Exclude<TakeAccountResult, { reason: 'queued' }>
  | Omit<Extract<TakeAccountResult, { reason: 'queued' }>, 'ticket'>;

/** Reads the script's answer, for who waits without its ticket. Throws RangeError on an account that was not asked for. */
export function decodeTake(
  result: unknown,
  { session }: TakeAccountRequest,
  candidates: readonly AccountCandidate[],
  leaseId: LeaseId,
): Answer {
  const [code, ...rest] = result as [number, ...unknown[]];
  if (code === CODES.windowCostUnknown) return decodeUnknown(rest[0], candidates);
  if (code === CODES.none)
    return { taken: false, reason: 'none', exclusions: decodeExclusions(rest[0], candidates) };
  const [index, flags, sessionUntilMs, exclusions] = rest as [number, number, number, unknown];
  const accountId = idAt(candidates, index);
  const isRegistered = sessionUntilMs > 0 && session !== null;
  const settled = {
    accountId,
    isSticky: (flags & FLAGS.sticky) !== 0,
    registeredSession: isRegistered ? { accountId, session, untilMs: sessionUntilMs } : null,
    exclusions: decodeExclusions(exclusions, candidates),
  };
  if (code === CODES.queued) return { taken: false, reason: 'queued', ...settled };
  const lease = { id: leaseId, holder: { kind: 'account' as const, accountId } };
  return { taken: true, ...settled, lease, isProbe: (flags & FLAGS.probe) !== 0 };
}

function decodeUnknown(list: unknown, candidates: readonly AccountCandidate[]): Answer {
  const flat = toArray(list);
  const accountIds: AccountId[] = [];
  const seedTokens: string[] = [];
  for (let position = 0; position < flat.length; position += 2) {
    accountIds.push(idAt(candidates, Number(flat[position])));
    seedTokens.push(String(flat[position + 1]));
  }
  return { taken: false, reason: 'window-cost-unknown', accountIds, seedTokens };
}

function decodeExclusions(list: unknown, candidates: readonly AccountCandidate[]): AccountExclusion[] {
  const flat = toArray(list) as number[];
  const exclusions: AccountExclusion[] = [];
  for (let position = 0; position < flat.length; position += 3) {
    const restMs = at(flat, position + 2);
    exclusions.push({
      accountId: idAt(candidates, at(flat, position)),
      reason: at(ACCOUNT_EXCLUSION_REASONS, at(flat, position + 1) - 1),
      retryAfterMs: restMs < 0 ? null : restMs,
    });
  }
  return exclusions;
}

function idAt(candidates: readonly AccountCandidate[], index: number): AccountId {
  return at(candidates, index - 1).accountId;
}

/** Lua's JSON has one empty table for lists and objects: `{}`. */
function toArray(list: unknown): unknown[] {
  return Array.isArray(list) ? list : [];
}
