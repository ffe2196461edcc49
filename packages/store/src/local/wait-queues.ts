import type { AccountId } from '@tollgate/core';
import { holderName } from '../admit-result.ts';
import { PendingTicket } from '../pending-ticket.ts';
import type { Hold } from '../money-port.ts';
import type { Lease, QueueRequest, SlotHolder, SlotRequest, Ticket } from '../port.ts';
import type { SlotTable } from './slot-table.ts';
import { WaitQueue, type Waiting, type WaitingMoney } from './wait-queue.ts';

export interface EnterRequest {
  /** The first is the gate's. */
  leases: readonly [Lease, ...Lease[]];
  slots: readonly SlotRequest[];
  timeoutMs: number;
  user: string;
  weight: number;
  accountId?: AccountId;
  /** Asked before each grant: false = the ticket is lost. Default: always. */
  mayGo?(): boolean;
  hold?: Hold | null;
  /** Of one that waits for money as well. */
  money?(ticket: PendingTicket): WaitingMoney;
  onPursesUnknown?: QueueRequest['onPursesUnknown'];
  /** The ticket ends without a grant that is used: timeout, lost, cancelled. */
  onLeave?(): void;
}

const NONE: ReadonlySet<string> = new Set();

/** The queues of all users and accounts. A queue lives while somebody waits in it. */
export class WaitQueues {
  readonly #slots: SlotTable;
  readonly #nowMs: () => number;
  readonly #leaseTtlMs: number;
  readonly #queues = new Map<string, WaitQueue>();

  constructor(slots: SlotTable, nowMs: () => number, leaseTtlMs: number) {
    this.#slots = slots;
    this.#nowMs = nowMs;
    this.#leaseTtlMs = leaseTtlMs;
  }

  get isEmpty(): boolean {
    return this.#queues.size === 0;
  }

  length(holder: SlotHolder): number {
    return this.#queues.get(gateName(holder))?.length ?? 0;
  }

  /**
   * Those who wait go before a newcomer, under the maxima that it names. Gives the purses that those who stay are
   * short of; null = nobody waited.
   */
  letGo(slots: readonly SlotRequest[]): ReadonlySet<string> | null {
    const [gate] = slots;
    const queue = gate && this.#queues.get(gateName(gate.holder));
    if (!queue) return null;
    for (const { holder, max } of slots) queue.noteMax(holderName(holder), max);
    return this.#grant(gateName(gate.holder));
  }

  enter(request: EnterRequest): Ticket {
    const { leases, timeoutMs, accountId, slots, user, weight, hold = null } = request;
    const gate = gateName(leases[0].holder);
    const queue = this.#queues.get(gate) ?? new WaitQueue();
    this.#queues.set(gate, queue);
    for (const { holder, max } of slots) queue.noteMax(holderName(holder), max);
    const ticket: PendingTicket = new PendingTicket({
      leases,
      timeoutMs,
      ...(accountId === undefined ? {} : { accountId }),
      hold,
      onPursesUnknown: request.onPursesUnknown,
      onLeave: () => {
        // First: what it gives back is there for whoever goes in its place.
        request.onLeave?.();
        this.#leave(gate, ticket);
      },
    });
    const { mayGo } = request;
    const money = request.money?.(ticket);
    const sinceMs = this.#nowMs();
    queue.enter({ ticket, user, weight, sinceMs, ...(mayGo && { mayGo }), ...(money && { money }) });
    return ticket;
  }

  /** Slots of these holders came free. */
  noteFreed(holders: Iterable<SlotHolder>): void {
    if (this.isEmpty) return;
    for (const gate of new Set([...holders].map(gateName))) this.#grant(gate);
  }

  /** Slots that died free nobody by themselves. */
  sweep(): void {
    for (const gate of this.#queues.keys()) this.#grant(gate);
  }

  /** Every ticket is lost. */
  close(): void {
    for (const queue of this.#queues.values()) queue.loseAll();
  }

  #grant(gate: string): ReadonlySet<string> {
    const queue = this.#queues.get(gate);
    if (!queue) return NONE;
    for (const ticket of queue.listStale()) ticket.lose();
    const nowMs = this.#nowMs();
    const closed = queue.grant(
      (holder, max) => this.#slots.hasFree(holder, max, nowMs),
      (waiting) => this.#take(waiting, nowMs),
    );
    this.#forgetEmpty(gate, queue);
    return closed;
  }

  #take({ ticket, sinceMs, money }: Waiting, nowMs: number): void {
    for (const { id, holder } of ticket.leases) {
      this.#slots.take(holderName(holder), id, nowMs + this.#leaseTtlMs);
    }
    money?.take();
    ticket.grant(Math.max(0, nowMs - sinceMs));
  }

  #leave(gate: string, ticket: PendingTicket): void {
    const queue = this.#queues.get(gate);
    if (queue?.leave(ticket.id)) this.#forgetEmpty(gate, queue);
    else {
      for (const { id, holder } of ticket.leases) this.#slots.release(holderName(holder), id);
      this.#grant(gate);
    }
  }

  #forgetEmpty(gate: string, queue: WaitQueue): void {
    if (queue.length === 0) this.#queues.delete(gate);
  }
}

/** Keys' waiters stand in their user's queue. */
function gateName(holder: SlotHolder): string {
  return holder.kind === 'key' ? holderName({ kind: 'user', userId: holder.userId }) : holderName(holder);
}
