import type { AccountId, LeaseId } from '@tollgate/core';
import type { Lease, Ticket, TicketOutcome } from './port.ts';

export interface TicketPlan {
  /** One for each slot that is waited for; the first is the gate's, and its id is the ticket's. */
  leases: readonly [Lease, ...Lease[]];
  timeoutMs: number;
  accountId?: AccountId;
  /** The place is free again, or what was granted is not wanted: tells the store so. */
  onLeave(ticket: PendingTicket): void;
}

/** The waiter's side of a place in a queue: one outcome, whichever comes first. */
export class PendingTicket implements Ticket {
  readonly id: LeaseId;
  readonly accountId?: AccountId;
  readonly leases: readonly Lease[];
  readonly outcome: Promise<TicketOutcome>;
  readonly #resolve: (outcome: TicketOutcome) => void;
  readonly #onLeave: (ticket: PendingTicket) => void;
  readonly #timer: NodeJS.Timeout;
  #state: 'waiting' | 'granted' | 'over' = 'waiting';

  constructor({ leases, timeoutMs, accountId, onLeave }: TicketPlan) {
    this.id = leases[0].id;
    this.leases = leases;
    if (accountId !== undefined) this.accountId = accountId;
    const { promise, resolve } = Promise.withResolvers<TicketOutcome>();
    this.outcome = promise;
    this.#resolve = resolve;
    this.#onLeave = onLeave;
    this.#timer = setTimeout(() => this.#leave({ kind: 'timeout' }), timeoutMs);
    this.#timer.unref();
  }

  /** Its slots were taken for it; false when it has left before. */
  grant(waitedMs: number): boolean {
    if (this.#state !== 'waiting') return false;
    this.#state = 'granted';
    clearTimeout(this.#timer);
    this.#resolve({ kind: 'granted', leases: [...this.leases], waitedMs });
    return true;
  }

  /** The place is gone. Leaves all the same: the store may be wrong about it. */
  lose(): void {
    if (this.#state === 'waiting') this.#leave({ kind: 'lost' });
  }

  cancel(): void {
    if (this.#state !== 'over') this.#leave({ kind: 'cancelled' });
  }

  #leave(outcome: TicketOutcome): void {
    this.#state = 'over';
    clearTimeout(this.#timer);
    this.#resolve(outcome);
    this.#onLeave(this);
  }
}
