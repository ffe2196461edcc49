import type { UserId } from '@tollgate/core';
import { at, holderName } from './admit-result.ts';
import { checkMoney } from './check-money.ts';
import type { AdmitRequest, QueueRequest, SlotHolder, SlotRequest } from './port.ts';
import type { WindowLimit } from './port.ts';

/** The longest span of a timer. */
export const TIMEOUT_MS_MAX = 2 ** 31 - 1;

/**
 * True when the request asks for something at all. Throws RangeError on figures that are no whole numbers, on
 * account slots and on pieces of two users: these are mistakes of the caller, and in Lua they would be wrong
 * silently.
 */
export function checkAdmitRequest(request: AdmitRequest): boolean {
  const { userId, windows, money, checksTokenQuota, slots, queue } = request;
  // By place: an iterator for each list of each request is garbage.
  for (let index = 0; index < windows.length; index += 1) checkWindow(at(windows, index), userId);
  if (money !== null) checkMoney(money, userId);
  for (let index = 0; index < slots.length; index += 1) checkSlot(at(slots, index), userId);
  if (queue) checkQueue(queue, slots);
  return windows.length > 0 || money !== null || checksTokenQuota || slots.length > 0;
}

function checkSlot({ holder, max }: SlotRequest, userId: UserId): void {
  checkWhole(max, 'max');
  checkSameUser(userId, userOf(holder));
}

function checkWindow({ subject, limit, cost }: WindowLimit, userId: UserId): void {
  checkWhole(limit, 'limit');
  checkCost(cost);
  checkSameUser(userId, subject.userId);
}

/** Throws RangeError unless it is a whole number ≥ 0. */
export function checkCost(cost: number): void {
  checkWhole(cost, 'cost');
  if (cost < 0) throw new RangeError(`cost must be at least 0: ${cost}`);
}

/** A queue is kept at the user's own slots: who waits needs one of these first. */
function checkQueue({ max, timeoutMs }: QueueRequest, slots: readonly SlotRequest[]): void {
  checkWhole(max, 'queue.max');
  checkWhole(timeoutMs, 'queue.timeoutMs');
  if (max < 0) throw new RangeError(`queue.max must be at least 0: ${max}`);
  if (timeoutMs < 1 || timeoutMs > TIMEOUT_MS_MAX) throw new RangeError(`queue.timeoutMs is ${timeoutMs}`);
  if (slots.length > 0 && slots[0]?.holder.kind !== 'user') {
    throw new RangeError('a request that may wait begins with a slot of its user');
  }
  if (slots.length < 2) return;
  const names = new Set(slots.map(({ holder }) => holderName(holder)));
  if (names.size < slots.length) throw new RangeError('a request that may wait names each holder once');
}

/** Throws RangeError unless `ttlMs` is a whole number ≥ 1. */
export function checkTtl(ttlMs: number): void {
  checkWhole(ttlMs, 'ttlMs');
  if (ttlMs < 1) throw new RangeError(`ttlMs must be at least 1: ${ttlMs}`);
}

function userOf(holder: SlotHolder): UserId {
  if (holder.kind === 'account') throw new RangeError('admit takes user and key slots; see takeAccount');
  return holder.userId;
}

function checkSameUser(userId: UserId, named: UserId): void {
  if (named !== userId) throw new RangeError('an admit request names two users');
}

/** Throws RangeError on anything but a whole number. */
export function checkWhole(value: number, what: string): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be a whole number: ${value}`);
}
