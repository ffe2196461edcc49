import type { LeaseId } from '@tollgate/core';
import { at, holderName } from '../admit-result.ts';
import type { PendingTicket } from '../pending-ticket.ts';

const WEIGHT_SPAN = 1_000_000;

export interface Waiting {
  ticket: PendingTicket;
  /** '' = none to be fair to. */
  user: string;
  /** 1 to 100. */
  weight: number;
  sinceMs: number;
  /** Asked before each grant: false = the ticket is lost. */
  mayGo?(): boolean;
  /** Of one that waits for money as well. */
  money?: WaitingMoney;
}

export interface WaitingMoney {
  /**
   * What its money says now. `closed`: purses that others are short of who wait ahead of it; it adds those that it is
   * short of itself. One that is refused has left the queue.
   */
  look(closed: Set<string>): 'fits' | 'waits' | 'refused';
  /** Takes the hold; it fits. */
  take(): void;
}

/**
 * Those who wait at one gate, in the order of start-time fair queuing: the twin of redis/lua/includes/
 * enqueue-ticket.lua and grant-queue.lua.
 */
export class WaitQueue {
  readonly #waiting: { waiting: Waiting; place: number }[] = [];
  readonly #lastPlaces = new Map<string, number>();
  readonly #maxes = new Map<string, number>();
  #lastGranted = 0;

  get length(): number {
    return this.#waiting.length;
  }

  /** The newest request's maximum counts for all who wait. */
  noteMax(holder: string, max: number): void {
    this.#maxes.set(holder, max);
  }

  enter(waiting: Waiting): void {
    const from = Math.max(this.#lastGranted, this.#lastPlaces.get(waiting.user) ?? 0);
    const place = from + Math.floor(WEIGHT_SPAN / waiting.weight);
    this.#lastPlaces.set(waiting.user, place);
    const behind = this.#waiting.findIndex((other) => other.place > place);
    this.#waiting.splice(behind < 0 ? this.#waiting.length : behind, 0, { waiting, place });
  }

  /** True when it was there. */
  leave(ticketId: LeaseId): boolean {
    const index = this.#waiting.findIndex(({ waiting }) => waiting.ticket.id === ticketId);
    if (index < 0) return false;
    this.#waiting.splice(index, 1);
    return true;
  }

  loseAll(): void {
    for (const { waiting } of this.#waiting.splice(0)) waiting.ticket.lose();
  }

  /** Those who may not go any more. */
  listStale(): PendingTicket[] {
    return this.#waiting.flatMap(({ waiting }) => (waiting.mayGo?.() === false ? [waiting.ticket] : []));
  }

  /**
   * Takes out all that can go now, in order; `take` is called for each before the next is looked at. Gives the purses
   * that those who stay are short of: nobody behind them takes from these.
   */
  grant(hasFree: (holder: string, max: number) => boolean, take: (waiting: Waiting) => void): Set<string> {
    const closed = new Set<string>();
    let index = 0;
    while (index < this.#waiting.length) {
      const { waiting, place } = at(this.#waiting, index);
      const names = waiting.ticket.leases.map(({ holder }) => holderName(holder));
      const full = names.findIndex((name) => !hasFree(name, this.#maxes.get(name) ?? 0));
      // The first is the gate, which everybody behind needs as well.
      if (full === 0) return closed;
      const money = full > 0 ? 'waits' : (waiting.money?.look(closed) ?? 'fits');
      if (money === 'waits') index += 1;
      else if (money === 'fits') {
        this.#waiting.splice(index, 1);
        // Never back: one that was passed over goes later than its place.
        this.#lastGranted = Math.max(this.#lastGranted, place);
        if (this.#lastPlaces.get(waiting.user) === place) this.#lastPlaces.delete(waiting.user);
        take(waiting);
      }
    }
    return closed;
  }
}
