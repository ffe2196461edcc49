import type { LeaseId } from '@tollgate/core';
import { at } from '../admit-result.ts';
import type { PendingTicket } from '../pending-ticket.ts';
import { purseField, purseWindowMs } from '../purse-fields.ts';
import type { Hold } from '../money-port.ts';
import type { Reservation } from '../port.ts';
import type { Keys, QueueName } from './keys.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';
import { shapeLetter } from './window-ops.ts';

/** What `lua/includes/renew-tickets.lua` says of a ticket. */
export const TICKET_STATES = { gone: 0, granted: 1, waiting: 2 } as const;

/** A waiter and the queue it is in. */
export interface Place {
  queue: QueueName;
  ticket: Pick<PendingTicket, 'id' | 'leases'>;
  /** What it has counted, to be given back when it leaves. */
  counted: readonly Reservation[];
  /** What its grant may have held. */
  hold: Hold | null;
}

/** Takes a ticket out of its queue, or gives the leases of its grant back. */
export class CancelOp implements TurnOp {
  readonly rank = TURN_ORDER.release;
  readonly answers = false;
  readonly tag: string;
  readonly #keys: Keys;
  readonly #place: Place;
  readonly #onFail: (place: Place) => void;

  constructor(keys: Keys, place: Place, onFail: (place: Place) => void) {
    this.tag = place.queue.tag;
    this.#keys = keys;
    this.#place = place;
    this.#onFail = onFail;
  }

  write(call: TurnWriter): void {
    const { queue, ticket, counted } = this.#place;
    call.args.push('q', call.numberOf(queue.register), queue.name, ticket.id, ticket.leases.length);
    for (const { id, holder } of ticket.leases) {
      call.keys.push(this.#keys.slots(holder));
      call.args.push(id);
    }
    call.args.push(counted.length);
    for (const { window, stamp, cost } of counted) {
      call.keys.push(this.#keys.window(window));
      call.args.push(shapeLetter(window), stamp, cost);
    }
    this.#writeHold(call);
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#place);
  }

  #writeHold({ keys, args }: TurnWriter): void {
    const { hold } = this.#place;
    if (hold === null || hold.keptBy === 'nothing') {
      args.push(0);
      return;
    }
    keys.push(this.#keys.purses(hold.userId));
    args.push(1, hold.id, (-hold.amount).toString(), hold.purses.length);
    for (const purse of hold.purses) args.push(purseField(purse), purseWindowMs(purse));
  }
}

/** The heartbeat of this node's tickets in one queue. */
export class RenewTicketsOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = true;
  readonly tag: string;
  readonly #queue: QueueName;
  readonly #ticketIds: readonly LeaseId[];
  readonly #onState: (ticketId: LeaseId, state: number) => void;
  readonly #onFail: (ticketIds: readonly LeaseId[]) => void;

  constructor(
    queue: QueueName,
    ticketIds: readonly LeaseId[],
    onState: (ticketId: LeaseId, state: number) => void,
    onFail: (ticketIds: readonly LeaseId[]) => void,
  ) {
    this.tag = queue.tag;
    this.#queue = queue;
    this.#ticketIds = ticketIds;
    this.#onState = onState;
    this.#onFail = onFail;
  }

  write(call: TurnWriter): void {
    const { register, name } = this.#queue;
    call.args.push('w', call.numberOf(register), name, this.#ticketIds.length, ...this.#ticketIds);
  }

  settle(result: unknown): void {
    for (const [index, state] of (result as number[]).entries())
      this.#onState(at(this.#ticketIds, index), state);
  }

  abandon(): void {
    this.#onFail(this.#ticketIds);
  }

  fail(): void {
    this.#onFail(this.#ticketIds);
  }
}
