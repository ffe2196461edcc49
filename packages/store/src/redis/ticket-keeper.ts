import type { Clock, LeaseId } from '@tollgate/core';
import { PendingTicket, type TicketPlan } from '../pending-ticket.ts';
import type { Hold } from '../money-port.ts';
import type { Reservation, SlotHolder, Ticket } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { Batcher } from './batch.ts';
import type { HeldLease } from './held-lease.ts';
import type { Keys, QueueName } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { CorrectOp } from './window-ops.ts';
import { CancelOp, RenewTicketsOp, TICKET_STATES, type Place } from './ticket-ops.ts';

/** Kinds of news, as `lua/includes/tell-node.lua` numbers them. */
const NEWS = { granted: 1, lost: 2, money: 3, unknown: 4 } as const;
/** News of tickets whose own answer is still on its way; more are found by their renewal. */
const EARLY_MAX = 1_000;
const TICKETS_PER_OP_MAX = 256;

export interface TicketKeeperOptions {
  keys: Keys;
  batcher: Batcher;
  keeper: LeaseKeeper;
  clock: Clock;
  timings: Timings;
  callTimeoutMs: number;
  /** A ticket was granted with a hold that leaves a record. */
  onHold(hold: Hold): void;
}

/** See tell-node.lua: of a grant, ms that it waited. */
interface News {
  kind: number;
  what: unknown;
  more: unknown;
}

type HeldLeases = readonly [HeldLease<SlotHolder>, ...HeldLease<SlotHolder>[]];

interface Waiter extends Place {
  leases: HeldLeases;
  ticket: PendingTicket;
  sinceMs: number;
  /** The first of the renewals that failed since one passed; null = the last one passed. */
  failingSinceMs: number | null;
}

/**
 * The tickets of this process: hears what became of them, renews them, and finds by the renewal what it has not
 * heard. A store that goes on not answering for a time limit after a renewal failed has lost them.
 */
export class TicketKeeper {
  readonly #options: TicketKeeperOptions;
  readonly #waiters = new Map<LeaseId, Waiter>();
  readonly #early = new Map<LeaseId, News>();
  #uncancelled: { place: Place; untilMs: number }[] = [];
  #renewal: NodeJS.Timeout | null = null;
  #retry: NodeJS.Timeout | null = null;

  constructor(options: TicketKeeperOptions) {
    this.#options = options;
  }

  /** The script has given a place: the waiter's side of it. `counted` is given back when it leaves. */
  keep(
    queue: QueueName,
    plan: Omit<TicketPlan, 'onLeave' | 'leases'> & { leases: HeldLeases },
    counted: readonly Reservation[],
  ): Ticket {
    const { hold = null, leases } = plan;
    const onLeave = () => this.#leave({ queue, ticket, counted, hold });
    const ticket: PendingTicket = new PendingTicket({ ...plan, onLeave });
    const sinceMs = this.#options.clock.monotonicMs();
    this.#waiters.set(ticket.id, { queue, ticket, leases, counted, hold, sinceMs, failingSinceMs: null });
    this.#startRenewal();
    const early = this.#early.get(ticket.id);
    if (early) this.#apply(ticket.id, early);
    return ticket;
  }

  /** Takes a ticket out that nobody here waits for any more. */
  cancel(place: Place): void {
    this.#options.batcher.add(new CancelOp(this.#options.keys, place, this.#keepUncancelled));
  }

  /** `[ticket id, kind, …]` each, see tell-node.lua; garbage is passed over. */
  hear(news: readonly unknown[]): void {
    for (const entry of news) {
      if (!Array.isArray(entry)) continue;
      const [ticketId, kind, what, more] = entry as [LeaseId, ...unknown[]];
      const told = { kind: Number(kind), what, more };
      if (this.#waiters.has(ticketId)) this.#apply(ticketId, told);
      else this.#keepEarly(ticketId, told);
    }
  }

  /** Asks about all tickets: what was published while nobody listened is not lost. */
  renewAll(): void {
    this.#early.clear();
    const queues = new Map<string, { queue: QueueName; ids: LeaseId[] }>();
    for (const { queue, ticket } of this.#waiters.values()) {
      const name = `${queue.register}\n${queue.name}`;
      const listed = queues.get(name);
      if (listed) listed.ids.push(ticket.id);
      else queues.set(name, { queue, ids: [ticket.id] });
    }
    for (const { queue, ids } of queues.values()) this.#renew(queue, ids);
  }

  /** A call of any kind was not answered: finds out soon whether the tickets' store is still there. */
  noteFault(): void {
    if (this.#waiters.size > 0) this.#retryAfter(0);
  }

  /** Redis is back: tells it who has left meanwhile, and asks about the others. */
  catchUp(): void {
    const uncancelled = this.#uncancelled;
    this.#uncancelled = [];
    const nowMs = this.#options.clock.monotonicMs();
    for (const { place, untilMs } of uncancelled) if (untilMs > nowMs) this.cancel(place);
    this.renewAll();
  }

  /** Loses every ticket. */
  close(): void {
    for (const { ticket } of this.#waiters.values()) ticket.lose();
    if (this.#retry) clearTimeout(this.#retry);
    this.#retry = null;
  }

  #renew(queue: QueueName, ids: readonly LeaseId[]): void {
    for (let from = 0; from < ids.length; from += TICKETS_PER_OP_MAX) {
      const some = ids.slice(from, from + TICKETS_PER_OP_MAX);
      this.#options.batcher.add(new RenewTicketsOp(queue, some, this.#noteState, this.#noteFailure));
    }
  }

  #apply(ticketId: LeaseId, { kind, what, more }: News): void {
    const waiter = this.#waiters.get(ticketId);
    if (!waiter) return;
    this.#early.delete(ticketId);
    if (kind === NEWS.granted) this.#grant(waiter, Number(what));
    else if (kind === NEWS.money) this.#refuse(waiter, Number(what), Number(more));
    else if (kind === NEWS.unknown) seed(waiter, String(what), more);
    else waiter.ticket.lose();
  }

  #grant(waiter: Waiter, waitedMs: number): void {
    this.#forget(waiter.ticket.id);
    if (!waiter.ticket.grant(waitedMs)) return;
    for (const lease of waiter.leases) this.#options.keeper.keep(lease);
    if (waiter.hold?.keptBy === 'slot') this.#options.onHold(waiter.hold);
  }

  /** It is out of its queue already, so leaving does not give back what it counted. */
  #refuse({ ticket, hold, counted }: Waiter, index: number, waitMs: number): void {
    const purse = hold?.purses[index - 1];
    if (!purse) return ticket.lose();
    ticket.refuse({ purse, retryAfterMs: waitMs < 0 ? null : waitMs, isHeld: false });
    const { keys, batcher } = this.#options;
    for (const reservation of counted) batcher.add(new CorrectOp(keys, reservation, 0));
  }

  readonly #noteState = (ticketId: LeaseId, state: number): void => {
    const waiter = this.#waiters.get(ticketId);
    if (!waiter) return;
    waiter.failingSinceMs = null;
    if (state === TICKET_STATES.granted) {
      this.#grant(waiter, Math.max(0, this.#options.clock.monotonicMs() - waiter.sinceMs));
    } else if (state === TICKET_STATES.gone) waiter.ticket.lose();
  };

  readonly #noteFailure = (ticketIds: readonly LeaseId[]): void => {
    const nowMs = this.#options.clock.monotonicMs();
    const { callTimeoutMs } = this.#options;
    for (const ticketId of ticketIds) {
      const waiter = this.#waiters.get(ticketId);
      if (!waiter) continue;
      waiter.failingSinceMs ??= nowMs;
      if (nowMs - waiter.failingSinceMs >= callTimeoutMs) waiter.ticket.lose();
    }
    // One more: timers are early by a part of a millisecond.
    if (this.#waiters.size > 0) this.#retryAfter(callTimeoutMs + 1);
  };

  /** Also when the ticket was granted: then its leases are this process's no more. */
  #leave(place: Place): void {
    this.#forget(place.ticket.id);
    for (const lease of place.ticket.leases) this.#options.keeper.drop(lease);
    this.cancel(place);
  }

  #forget(ticketId: LeaseId): void {
    this.#waiters.delete(ticketId);
    if (this.#waiters.size > 0 || !this.#renewal) return;
    clearInterval(this.#renewal);
    this.#renewal = null;
  }

  #startRenewal(): void {
    this.#renewal ??= setInterval(() => this.renewAll(), this.#options.timings.ticketRenewMs).unref();
  }

  #retryAfter(ms: number): void {
    this.#retry ??= setTimeout(() => {
      this.#retry = null;
      this.renewAll();
    }, ms).unref();
  }

  #keepEarly(ticketId: LeaseId, told: News): void {
    if (this.#early.size >= EARLY_MAX) this.#early.clear();
    // It is asked about again soon, and then a seed may be there already.
    if (told.kind !== NEWS.unknown) this.#early.set(ticketId, told);
  }

  /** After the lease time neither the ticket nor its leases can be there. */
  readonly #keepUncancelled = (place: Place): void => {
    const untilMs = this.#options.clock.monotonicMs() + this.#options.timings.leaseTtlMs;
    this.#uncancelled.push({ place, untilMs });
  };
}

function seed({ ticket, hold }: Waiter, seedToken: string, indexes: unknown): void {
  if (!Array.isArray(indexes) || !hold) return;
  const purses = indexes.flatMap((index) => hold.purses[Number(index) - 1] ?? []);
  if (purses.length > 0) ticket.seed(purses, seedToken);
}
