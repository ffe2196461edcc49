import { createId, type LeaseId, type UserId } from '@tollgate/core';
import type { LostHold, MoneyRequest, PurseLimit, PurseName } from './money-port.ts';
import type { AdmitRequest, SlotRequest } from './port.ts';
import { RunningHold } from './running-hold.ts';

/**
 * The hold of a request that is admitted with these leases, one for each slot; it has the id of its user's slot's; null where money is not
 * asked for.
 */
export function buildHold(
  request: AdmitRequest,
  leases: readonly { readonly id: LeaseId }[],
  nowMs: number,
): RunningHold | null {
  const { money, userId, slots } = request;
  if (money === null) return null;
  const slotId = leases[findUserSlot(slots)]?.id;
  return new RunningHold({
    id: slotId ?? createId('lease', nowMs),
    userId,
    amount: money.hold,
    purses: money.purses.map(nameOf),
    keptBy: isRecorded(money) ? (slotId === undefined ? 'itself' : 'slot') : 'nothing',
  });
}

/** Mostly the first; -1 = there is none. */
function findUserSlot(slots: readonly SlotRequest[]): number {
  if (slots[0]?.holder.kind === 'user') return 0;
  return slots.findIndex(({ holder }) => holder.kind === 'user');
}

function nameOf({ purse }: PurseLimit): PurseName {
  return purse;
}

function isRecorded({ hold, note }: MoneyRequest): boolean {
  return hold > 0n || note !== null;
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
