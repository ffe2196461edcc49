import type { LeaseId } from '@tollgate/core';
import { at, buildLeases, buildReservations, isOfTokens, NOTHING_COUNTED } from '../admit-result.ts';
import { refuseQueue, refuseSlots, refuseWindow } from '../admit-result.ts';
import type { AdmitRequest, AdmitResult, Counted, Lease, Reservation } from '../port.ts';
import type { StoreUnavailableError, WindowState } from '../port.ts';
import type { Keys, QueueName } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { TicketKeeper } from './ticket-keeper.ts';
import type { TurnCall } from './turn-call.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

/** First element of what `lua/includes/admit-request.lua` gives. */
const CODES = {
  admitted: 1,
  window: 2,
  balance: 3,
  balanceUnknown: 4,
  slots: 5,
  queueFull: 6,
  queued: 7,
  tokenQuota: 8,
} as const;

/** Tightest, remaining, ms until reset: of requests, then of tokens. */
const WINDOW_FIELDS = 3;

const KIND_LETTERS = {
  requests: { fixed: 'rf', sliding: 'rs' },
  tokens: { fixed: 'tf', sliding: 'ts' },
} as const;

export interface AdmitContext {
  keys: Keys;
  keeper: LeaseKeeper;
  tickets: TicketKeeper;
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
    return this.#context.keys.userTag(this.#request.userId);
  }

  write(call: TurnCall): void {
    const { userId, windows, balanceOf, checksTokenQuota, slots, queue } = this.#request;
    const { keys: names, leaseIds } = this.#context;
    const { keys, args } = call;
    args.push('a', windows.length, balanceOf === null ? 0 : 1, checksTokenQuota ? 1 : 0, slots.length);
    for (const window of windows) {
      keys.push(names.window(window));
      args.push(KIND_LETTERS[window.unit][window.shape], window.limit, window.cost);
    }
    if (checksTokenQuota) keys.push(names.tokenQuota(userId));
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
      if (code === CODES.admitted || code === CODES.queued) this.#giveBack(this.#listCounted(rest));
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
    if (wasSent) this.#giveBack([]);
  }

  #giveBack(counted: readonly Reservation[]): void {
    const leases = this.#leases();
    const [first] = leases;
    if (!first) return;
    if (this.#request.queue === null) this.#context.keeper.release(leases);
    else this.#context.tickets.cancel({ queue: this.#queue(), ticket: { id: first.id, leases }, counted });
  }

  #leases(): Lease[] {
    return buildLeases(this.#request, this.#context.leaseIds);
  }

  #queue(): QueueName {
    return this.#context.keys.queue({ kind: 'user', userId: this.#request.userId });
  }

  #mapResult(code: number, rest: unknown[]): AdmitResult {
    const request = this.#request;
    const [first, second] = rest;
    switch (code) {
      case CODES.admitted:
        return this.#admit(this.#mapCounted(rest));
      case CODES.window:
        return refuseWindow(request, Number(first) - 1, Number(second) < 0 ? null : Number(second));
      case CODES.slots:
        return refuseSlots(request, Number(first) - 1);
      case CODES.balance:
        return { admitted: false, reason: 'balance' };
      case CODES.tokenQuota:
        return { admitted: false, reason: 'token-quota', retryAfterMs: Number(first) };
      case CODES.queueFull:
        return refuseQueue(request, Number(first));
      case CODES.queued:
        return this.#wait(this.#mapCounted(rest), this.#listCounted(rest));
      default:
        return { admitted: false, reason: 'balance-unknown', seedToken: String(first) };
    }
  }

  #admit(counted: Counted): AdmitResult {
    const leases = this.#leases();
    this.#context.keeper.keep(leases);
    return { admitted: true, leases, ...counted };
  }

  #wait(counted: Counted, all: readonly Reservation[]): AdmitResult {
    const leases = this.#leases() as [Lease, ...Lease[]];
    const timeoutMs = this.#request.queue?.timeoutMs ?? 0;
    const ticket = this.#context.tickets.keep(this.#queue(), { leases, timeoutMs }, all);
    return { admitted: false, reason: 'queued', ticket, ...counted };
  }

  #mapCounted(rest: unknown[]): Counted {
    if (this.#request.windows.length === 0) return { ...NOTHING_COUNTED, reservations: [] };
    return {
      requests: this.#mapWindow(rest, 0),
      tokens: this.#mapWindow(rest, WINDOW_FIELDS),
      reservations: this.#listCounted(rest).filter(isOfTokens),
    };
  }

  #listCounted(rest: unknown[]): Reservation[] {
    return buildReservations(this.#request, rest.slice(2 * WINDOW_FIELDS) as number[]);
  }

  #mapWindow(rest: unknown[], from: number): WindowState | null {
    const [tightest, remaining, resetMs] = rest.slice(from, from + WINDOW_FIELDS) as [
      number,
      number | string,
      number,
    ];
    return tightest === 0
      ? null
      : { limit: at(this.#request.windows, tightest - 1).limit, remaining: Number(remaining), resetMs };
  }
}
