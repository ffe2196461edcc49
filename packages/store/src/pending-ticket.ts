import type { AccountId, LeaseId } from '@tollgate/core';
import type { Hold, MoneyRefusal, PurseName } from './money-port.ts';
import type { Lease, QueueRequest, Ticket, TicketOutcome } from './port.ts';

export interface TicketPlan {
  /** One for each slot that is waited for; the first is the gate's, and its id is the ticket's. */
  leases: readonly [Lease, ...Lease[]];
  timeoutMs: number;
  accountId?: AccountId;
  /** What the grant brings with it. */
  hold?: Hold | null;
  onPursesUnknown?: QueueRequest['onPursesUnknown'];
  /** The place is free again, or what was granted is not wanted: tells the store so. */
  onLeave(ticket: PendingTicket): void;
}

/** The waiter's side of a place in a queue: one outcome, whichever comes first. */
export class PendingTicket implements Ticket {
  readonly id: LeaseId;
  readonly accountId?: AccountId;
  readonly leases: readonly Lease[];
  readonly hold: Hold | null;
  readonly outcome: Promise<TicketOutcome>;
  readonly #resolve: (outcome: TicketOutcome) => void;
  readonly #onLeave: (ticket: PendingTicket) => void;
  readonly #onPursesUnknown: QueueRequest['onPursesUnknown'];
  readonly #timer: NodeJS.Timeout;
  #isSeeding = false;
  #state: 'waiting' | 'granted' | 'over' = 'waiting';

  constructor({ leases, timeoutMs, accountId, hold = null, onPursesUnknown, onLeave }: TicketPlan) {
    this.id = leases[0].id;
    this.leases = leases;
    this.hold = hold;
    this.#onPursesUnknown = onPursesUnknown;
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
    this.#resolve({ kind: 'granted', leases: [...this.leases], hold: this.hold, waitedMs });
    return true;
  }

  /** The place is gone. Leaves all the same: the store may be wrong about it. */
  lose(): void {
    if (this.#state === 'waiting') this.#leave({ kind: 'lost' });
  }

  /** Others have spent what it waits for. */
  refuse(refusal: MoneyRefusal): void {
    if (this.#state === 'waiting') this.#leave({ kind: 'money', refusal });
  }

  /** Has the figures seeded; one at a time, as the store asks for them again. */
  seed(purses: PurseName[], seedToken: string): void {
    if (this.#state !== 'waiting' || this.#isSeeding || !this.#onPursesUnknown) return;
    this.#isSeeding = true;
    const isOver = () => void (this.#isSeeding = false);
    void this.#onPursesUnknown(purses, seedToken).then(isOver, isOver);
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
