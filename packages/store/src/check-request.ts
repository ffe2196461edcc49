import type { UserId } from '@tollgate/core';
import type { AdmitRequest, SlotHolder } from './port.ts';

/**
 * The user whose hash tag a request lives under; null when it asks for nothing at all.
 * Throws RangeError on limits that are no whole numbers, on account slots and on pieces of two users: these are
 * mistakes of the caller, and in Lua they would be wrong silently.
 */
export function selectAdmitUser(request: AdmitRequest): UserId | null {
  let userId = request.balanceOf;
  for (const { subject, limit } of request.rpm) {
    checkWhole(limit, 'limit');
    userId = checkSameUser(userId, subject.userId);
  }
  for (const { holder, max } of request.slots) {
    checkWhole(max, 'max');
    userId = checkSameUser(userId, userOf(holder));
  }
  return userId;
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

function checkSameUser(known: UserId | null, userId: UserId): UserId {
  if (known !== null && known !== userId) throw new RangeError('one admit request names two users');
  return userId;
}

/** Throws RangeError on anything but a whole number. */
export function checkWhole(value: number, what: string): void {
  if (!Number.isSafeInteger(value)) throw new RangeError(`${what} must be a whole number: ${value}`);
}
