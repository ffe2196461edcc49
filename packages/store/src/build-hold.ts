import { createId, type LeaseId, type UserId } from '@tollgate/core';
import type { Hold, LostHold, MoneyRequest } from './money-port.ts';
import type { AdmitRequest } from './port.ts';

/**
 * The hold of a request that is admitted with these leases, one for each slot; it has the id of its user's slot's; null where money is not
 * asked for.
 */
export function buildHold(request: AdmitRequest, leaseIds: readonly LeaseId[], nowMs: number): Hold | null {
  const { money, userId, slots } = request;
  if (money === null) return null;
  const isFirst = slots[0]?.holder.kind === 'user';
  const slotId = leaseIds[isFirst ? 0 : slots.findIndex(({ holder }) => holder.kind === 'user')];
  return {
    id: slotId ?? createId('lease', nowMs),
    userId,
    amount: money.hold,
    purses: money.purses.map(({ purse }) => purse),
    keptBy: isRecorded(money) ? (slotId === undefined ? 'itself' : 'slot') : 'nothing',
  };
}

function isRecorded({ hold, note }: MoneyRequest): boolean {
  return hold > 0n || note !== null;
}

const settled = new WeakSet<Hold>();

/** True once for each hold, on whichever store it is settled. */
export function markSettled(hold: Hold): boolean {
  if (settled.has(hold)) return false;
  settled.add(hold);
  return true;
}

/** Lease ids have no `@`. */
export function lostHoldId(leaseId: string, userId: UserId): LostHold['id'] {
  return `${leaseId}@${userId}`;
}

/** null when it is none of `lostHoldId`. */
export function parseLostHoldId(id: LostHold['id']): { leaseId: LeaseId; userId: UserId } | null {
  const at = id.indexOf('@');
  if (at < 0) return null;
  return { leaseId: id.slice(0, at) as LeaseId, userId: id.slice(at + 1) as UserId };
}
