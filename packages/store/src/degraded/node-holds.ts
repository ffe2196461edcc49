import type { UserId } from '@tollgate/core';
import { at } from '../admit-result.ts';
import type { Hold, PurseName } from '../money-port.ts';
import { purseField } from '../purse-fields.ts';
import { openHold } from '../running-hold.ts';
import type { UserHolds } from './user-holds.ts';

const USERS_MAX = 50_000;

/** Which purses the requests of this node name, and what they hold of them, whichever store has admitted them. */
export class NodeHolds {
  readonly #users = new Map<UserId, UserHolds>();
  /** A request that is let in asks for its user's twice. */
  #lastUserId: UserId | null = null;
  #last: UserHolds = beginUser();

  /** They are in use. */
  name(userId: UserId, purses: readonly { purse: PurseName }[]): void {
    const known = this.#open(userId);
    if (known.named === purses) return;
    for (const { purse } of purses) openPlace(known, purse);
    known.named = purses;
  }

  listPurses(userId: UserId): PurseName[] {
    return [...(this.#users.get(userId)?.purses ?? [])];
  }

  add(hold: Hold): void {
    const running = openHold(hold);
    if (running.amount === 0n || running.countedIn !== null) return;
    running.countedIn = this.#open(running.userId);
    move(running.countedIn, running.purses, running.amount);
  }

  /** Changes nothing the second time. */
  remove(hold: Hold): void {
    const running = openHold(hold);
    if (running.countedIn === null) return;
    move(running.countedIn, running.purses, -running.amount);
    running.countedIn = null;
  }

  read(userId: UserId, field: string): bigint {
    const known = this.#users.get(userId);
    return known?.held[known.fields.indexOf(field)] ?? 0n;
  }

  #open(userId: UserId): UserHolds {
    if (userId === this.#lastUserId) return this.#last;
    this.#last = this.#users.get(userId) ?? this.#begin(userId);
    this.#lastUserId = userId;
    return this.#last;
  }

  #begin(userId: UserId): UserHolds {
    const [oldest] = this.#users;
    if (this.#users.size >= USERS_MAX && oldest && isIdle(oldest[1])) this.#users.delete(oldest[0]);
    const holds = beginUser();
    this.#users.set(userId, holds);
    return holds;
  }
}

function beginUser(): UserHolds {
  return { purses: [], fields: [], held: [], named: null };
}

function move(known: UserHolds, purses: readonly PurseName[], amount: bigint): void {
  for (let index = 0; index < purses.length; index += 1) {
    const place = openPlace(known, at(purses, index));
    known.held[place] = (known.held[place] ?? 0n) + amount;
  }
}

function isIdle({ held }: UserHolds): boolean {
  return held.every((amount) => amount === 0n);
}

function openPlace({ purses, fields, held }: UserHolds, purse: PurseName): number {
  const same = purses.indexOf(purse);
  if (same !== -1) return same;
  const field = purseField(purse);
  const known = fields.indexOf(field);
  if (known !== -1) {
    // The newest object: it is what the next requests bring.
    purses[known] = purse;
    return known;
  }
  held.push(0n);
  fields.push(field);
  return purses.push(purse) - 1;
}
