import type { UserId } from '@tollgate/core';
import type { Hold, PurseName } from '../money-port.ts';
import { purseField } from '../purse-fields.ts';

interface UserHolds {
  /** Every purse that requests here named, by its field. */
  purses: Map<string, PurseName>;
  /** By field; what holds nothing has none. */
  held: Map<string, bigint>;
}

const USERS_MAX = 50_000;

/** Which purses the requests of this node name, and what they hold of them, whichever store has admitted them. */
export class NodeHolds {
  readonly #users = new Map<UserId, UserHolds>();
  readonly #counted = new WeakSet<Hold>();

  /** They are in use. */
  name(userId: UserId, purses: readonly { purse: PurseName }[]): void {
    const known = this.#open(userId).purses;
    for (const { purse } of purses) known.set(purseField(purse), purse);
  }

  listPurses(userId: UserId): PurseName[] {
    return [...(this.#users.get(userId)?.purses.values() ?? [])];
  }

  add(hold: Hold): void {
    if (hold.amount === 0n || this.#counted.has(hold)) return;
    this.#counted.add(hold);
    this.#move(hold, hold.amount);
  }

  /** Changes nothing the second time. */
  remove(hold: Hold): void {
    if (this.#counted.delete(hold)) this.#move(hold, -hold.amount);
  }

  read(userId: UserId, field: string): bigint {
    return this.#users.get(userId)?.held.get(field) ?? 0n;
  }

  #move({ userId, purses }: Hold, amount: bigint): void {
    const { held } = this.#open(userId);
    for (const purse of purses) {
      const field = purseField(purse);
      const sum = (held.get(field) ?? 0n) + amount;
      if (sum === 0n) held.delete(field);
      else held.set(field, sum);
    }
  }

  #open(userId: UserId): UserHolds {
    const known = this.#users.get(userId);
    if (known) return known;
    const [oldest] = this.#users;
    if (this.#users.size >= USERS_MAX && oldest?.[1].held.size === 0) this.#users.delete(oldest[0]);
    const holds: UserHolds = { purses: new Map(), held: new Map() };
    this.#users.set(userId, holds);
    return holds;
  }
}
