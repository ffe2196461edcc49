import type { AccountId, LeaseId } from '@tollgate/core';
import {
  ACCOUNT_EXCLUSION_REASONS,
  type AccountCandidate,
  type AccountExclusion,
  type TakeAccountRequest,
  type TakeAccountResult,
} from '../account-port.ts';
import { at } from '../admit-result.ts';
import type { SlotHolder } from '../port.ts';
import { HeldLease } from './held-lease.ts';

/** First element of what `lua/includes/take-account.lua` gives. */
const CODES = { none: 0, taken: 1, windowCostUnknown: 2, queued: 3 } as const;
const FLAGS = { sticky: 1, probe: 2 } as const;

type Taken = Extract<TakeAccountResult, { taken: true }> & { lease: HeldLease<SlotHolder> };
type Refused = Extract<TakeAccountResult, { reason: 'none' | 'window-cost-unknown' }>;
export type TakeAnswer = Taken | Refused | Omit<Extract<TakeAccountResult, { reason: 'queued' }>, 'ticket'>;

/** Reads the script's answer, for who waits without its ticket. Throws RangeError on an account that was not asked for. */
export function decodeTake(
  result: unknown,
  { session }: TakeAccountRequest,
  candidates: readonly AccountCandidate[],
  leaseId: LeaseId,
): TakeAnswer {
  if (typeof result === 'number') return decodeTaken(idAt(candidates, result), leaseId);
  // Not taken apart by patterns: these make an iterator for each answer.
  const answer = result as readonly unknown[];
  const code = answer[0];
  if (code === CODES.windowCostUnknown) return decodeUnknown(answer[1], candidates);
  if (code === CODES.none)
    return { taken: false, reason: 'none', exclusions: decodeExclusions(answer[1], candidates) };
  const accountId = idAt(candidates, answer[1] as number);
  const flags = answer[2] as number;
  const untilMs = answer[3] as number;
  const isSticky = (flags & FLAGS.sticky) !== 0;
  const registeredSession = untilMs > 0 && session !== null ? { accountId, session, untilMs } : null;
  const exclusions = decodeExclusions(answer[4], candidates);
  if (code === CODES.queued)
    return { taken: false, reason: 'queued', accountId, isSticky, registeredSession, exclusions };
  const isProbe = (flags & FLAGS.probe) !== 0;
  return { ...decodeTaken(accountId, leaseId), isSticky, registeredSession, exclusions, isProbe };
}

/** Mostly that is all there is to say. */
function decodeTaken(accountId: AccountId, leaseId: LeaseId): Taken {
  return {
    taken: true,
    accountId,
    isSticky: false,
    registeredSession: null,
    exclusions: [],
    lease: new HeldLease<SlotHolder>(leaseId, { kind: 'account', accountId }),
    isProbe: false,
  };
}

function decodeUnknown(list: unknown, candidates: readonly AccountCandidate[]): Refused {
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
  const flat = toArray(list) as readonly number[];
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
function toArray(list: unknown): readonly unknown[] {
  return Array.isArray(list) ? list : NOTHING;
}

const NOTHING: readonly unknown[] = [];
