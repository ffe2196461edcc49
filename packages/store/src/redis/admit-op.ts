import type { LeaseId, UserId } from '@tollgate/core';
import { at, buildLeases, refuseQueue, refuseRpm, refuseSlots } from '../admit-result.ts';
import type { AdmitRequest, AdmitResult, Lease, StoreUnavailableError, WindowState } from '../port.ts';
import type { Keys, QueueName } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { TicketKeeper } from './ticket-keeper.ts';
import type { TurnCall } from './turn-call.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

/** First element of what `lua/includes/admit-request.lua` gives. */
const CODES = {
  admitted: 1,
  rpm: 2,
  balance: 3,
  balanceUnknown: 4,
  slots: 5,
  queueFull: 6,
  queued: 7,
} as const;

export interface AdmitContext {
  keys: Keys;
  keeper: LeaseKeeper;
  tickets: TicketKeeper;
  userId: UserId;
  leaseIds: readonly LeaseId[];
}

export class AdmitOp implements TurnOp {
  readonly rank = TURN_ORDER.admit;
  readonly answers = true;
  readonly #context: AdmitContext;
  readonly #request: AdmitRequest;
  readonly #resolve: (result: AdmitResult) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;
  #isAbandoned = false;

  constructor(
    context: AdmitContext,
    request: AdmitRequest,
    resolve: (result: AdmitResult) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.#context = context;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get tag(): string {
    return this.#context.keys.userTag(this.#context.userId);
  }

  write(call: TurnCall): void {
    const { rpm, balanceOf, slots, queue } = this.#request;
    const { keys: names, leaseIds, userId } = this.#context;
    const { keys, args } = call;
    args.push('a', rpm.length, balanceOf === null ? 0 : 1, slots.length);
    for (const { subject, limit } of rpm) {
      keys.push(names.rpm(subject));
      args.push(limit);
    }
    if (balanceOf !== null) keys.push(names.balance(balanceOf), names.seedToken(balanceOf));
    for (let index = 0; index < slots.length; index += 1) {
      const { holder, max } = at(slots, index);
      keys.push(names.slots(holder));
      args.push(max, at(leaseIds, index));
    }
    if (slots.length > 0) args.push(call.numberOf(names.userRegister(userId)), queue?.max ?? -1);
  }

  settle(result: unknown): void {
    const [code, ...rest] = result as [number, ...unknown[]];
    if (this.#isAbandoned) {
      // The caller has left with an error: nobody else would give these slots or this place back.
      if (code === CODES.admitted || code === CODES.queued) this.#giveBack();
      return;
    }
    this.#resolve(this.#mapResult(code, rest));
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#reject(fault);
  }

  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    this.#reject(fault);
    if (wasSent) this.#giveBack();
  }

  #giveBack(): void {
    const leases = this.#leases();
    const [first] = leases;
    if (!first) return;
    if (this.#request.queue === null) this.#context.keeper.release(leases);
    else this.#context.tickets.cancel({ queue: this.#queue(), ticket: { id: first.id, leases } });
  }

  #leases(): Lease[] {
    return buildLeases(this.#request, this.#context.leaseIds);
  }

  #queue(): QueueName {
    return this.#context.keys.queue({ kind: 'user', userId: this.#context.userId });
  }

  #mapResult(code: number, [first, second, third]: unknown[]): AdmitResult {
    const request = this.#request;
    if (code === CODES.admitted) return this.#admit(this.#mapWindow(first, second, third));
    if (code === CODES.rpm) return refuseRpm(request, Number(first) - 1, Number(second));
    if (code === CODES.slots) return refuseSlots(request, Number(first) - 1);
    if (code === CODES.balance) return { admitted: false, reason: 'balance' };
    if (code === CODES.queueFull) return refuseQueue(request, Number(first));
    if (code === CODES.queued) return this.#wait(this.#mapWindow(first, second, third));
    return { admitted: false, reason: 'balance-unknown', seedToken: String(first) };
  }

  #admit(rpm: WindowState | null): AdmitResult {
    const leases = this.#leases();
    this.#context.keeper.keep(leases);
    return { admitted: true, leases, rpm };
  }

  #wait(rpm: WindowState | null): AdmitResult {
    const leases = this.#leases() as [Lease, ...Lease[]];
    const timeoutMs = this.#request.queue?.timeoutMs ?? 0;
    const ticket = this.#context.tickets.keep(this.#queue(), { leases, timeoutMs });
    return { admitted: false, reason: 'queued', ticket, rpm };
  }

  #mapWindow(tightest: unknown, remaining: unknown, resetMs: unknown): WindowState | null {
    if (tightest === 0) return null;
    const { limit } = at(this.#request.rpm, Number(tightest) - 1);
    return { limit, remaining: Number(remaining), resetMs: Number(resetMs) };
  }
}
