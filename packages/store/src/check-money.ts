import type { PicoUsd, UserId } from '@tollgate/core';
import { at } from './admit-result.ts';
import { isInt64 } from './int64.ts';
import { NOTE_LENGTH_MAX, type MoneyRequest, type PurseLimit, type PurseName } from './money-port.ts';
import { purseField } from './purse-fields.ts';

/**
 * Throws RangeError on amounts below 0 or beyond 64 bits, a purse of somebody else, one that is named twice, a limit
 * that is missing or too many, an id with a line break, and a note that is too long.
 */
export function checkMoney({ hold, purses, note }: MoneyRequest, userId: UserId): void {
  checkAmount(hold, 'hold');
  for (let index = 0; index < purses.length; index += 1) checkPurseLimit(at(purses, index), userId);
  if (purses.length > 1) checkDistinct(purses);
  if (note !== null && note.length > NOTE_LENGTH_MAX) {
    throw new RangeError(`a note of ${note.length} characters is too long`);
  }
}

/** Throws RangeError unless 0 ≤ amount < 2^63. */
export function checkAmount(amount: PicoUsd, what: string): void {
  if (amount < 0n || !isInt64(amount)) throw new RangeError(`${what} is out of range: ${amount}`);
}

function checkPurseLimit({ purse, limit }: PurseLimit, userId: UserId): void {
  checkPurse(purse, userId);
  if ((limit === null) !== (purse.kind === 'balance'))
    throw new RangeError('every purse but the balance has a limit');
  if (limit !== null) checkAmount(limit, 'limit');
}

/** Throws RangeError on a purse of somebody else, and on an id with a line break (they part names in Redis). */
export function checkPurse(purse: PurseName, userId: UserId): void {
  if (purse.userId !== userId) throw new RangeError('a request names purses of two users');
  if (purse.kind !== 'balance' && purseField(purse).includes('\n'))
    throw new RangeError('an id has a line break');
}

function checkDistinct(purses: readonly PurseLimit[]): void {
  const names = new Set(purses.map(({ purse }) => purseField(purse)));
  if (names.size < purses.length) throw new RangeError('a request names a purse twice');
}
