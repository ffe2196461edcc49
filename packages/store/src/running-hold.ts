import type { LeaseId, PicoUsd, UserId } from '@tollgate/core';
import type { UserHolds } from './degraded/user-holds.ts';
import type { Hold, PurseName } from './money-port.ts';

/**
 * A hold, and what this process has noted of it. On the hold itself, not in sets beside it: weak sets that gain and
 * lose an entry with every request are what a scavenge pays most for.
 */
export class RunningHold implements Hold {
  readonly id: LeaseId;
  readonly userId: UserId;
  readonly amount: PicoUsd;
  readonly purses: readonly PurseName[];
  readonly keptBy: Hold['keptBy'];
  /** On whichever store. */
  isSettled = false;
  /** Where it is counted among the holds of this node (see degraded/node-holds.ts); null = it is not. */
  countedIn: UserHolds | null = null;

  constructor({ id, userId, amount, purses, keptBy }: Hold) {
    this.id = id;
    this.userId = userId;
    this.amount = amount;
    this.purses = purses;
    this.keptBy = keptBy;
  }
}

/** Throws RangeError on what no store has given: a copy would be settled a second time. */
export function openHold(hold: Hold): RunningHold {
  if (hold instanceof RunningHold) return hold;
  throw new RangeError('a hold that no store has given');
}

/** True once for each hold, on whichever store it is settled. */
export function markSettled(hold: Hold): boolean {
  const running = openHold(hold);
  if (running.isSettled) return false;
  running.isSettled = true;
  return true;
}
