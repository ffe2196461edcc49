import { at, buildReservations, isOfTokens } from '../admit-result.ts';
import { refuseQueue, refuseSlots, refuseWindow } from '../admit-result.ts';
import type { Sink } from '../direct-store.ts';
import type { Hold } from '../money-port.ts';
import type { AdmitRequest, AdmitResult, Counted, Reservation, SlotHolder } from '../port.ts';
import type { StoreUnavailableError, WindowLimit, WindowState } from '../port.ts';
import type { Batcher } from './batch.ts';
import type { HeldLease } from './held-lease.ts';
import type { Keys, QueueName } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { RedisMoney } from './redis-money.ts';
import type { TicketKeeper } from './ticket-keeper.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';
import { CorrectOp } from './window-ops.ts';
import { askForPurses, refuseMoney, selectMoneyKind, writeMoney } from './write-money.ts';

/** First element of what `lua/includes/admit-request.lua` gives. */
const CODES = {
  admitted: 1,
  window: 2,
  money: 3,
  pursesUnknown: 4,
  slots: 5,
  queueFull: 6,
  queued: 7,
  tokenQuota: 8,
} as const;

/** Where the answer tells of requests, and of tokens if it does; the stamps are behind them. */
const ANSWER_FIELDS = { requests: 1, tokens: 4 } as const;

/** As lua/includes/admit-request.lua gives it: the code, then what belongs to it. */
type Answer = readonly (number | string)[];

/** Of the store: the same for all. */
export interface AdmitContext {
  keys: Keys;
  batcher: Batcher;
  keeper: LeaseKeeper;
  tickets: TicketKeeper;
  money: RedisMoney;
}

/** What the request gets when it is admitted: a lease for each slot. */
export interface AdmitGrant {
  leases: HeldLease<SlotHolder>[];
  hold: Hold | null;
}

export class AdmitOp implements TurnOp {
  readonly rank = TURN_ORDER.admit;
  readonly answers = true;
  readonly #context: AdmitContext;
  readonly #request: AdmitRequest;
  readonly #leases: HeldLease<SlotHolder>[];
  readonly #hold: Hold | null;
  readonly #sink: Sink<AdmitResult>;
  #isAbandoned = false;

  constructor(
    context: AdmitContext,
    request: AdmitRequest,
    { leases, hold }: AdmitGrant,
    sink: Sink<AdmitResult>,
  ) {
    this.#context = context;
    this.#request = request;
    this.#leases = leases;
    this.#hold = hold;
    this.#sink = sink;
  }

  get tag(): string {
    return this.#context.keys.userTag(this.#request.userId);
  }

  write(call: TurnWriter): void {
    const { userId, windows, money, checksTokenQuota, slots, queue } = this.#request;
    const { keys: names } = this.#context;
    const own = names.user(userId);
    const hold = this.#hold;
    const { keys, args } = call;
    args.push('a', checksTokenQuota ? 1 : 0, selectMoneyKind(this.#request), windows.length);
    // By place, here and below: an iterator for each list of each request is garbage.
    for (let index = 0; index < windows.length; index += 1) {
      const window = at(windows, index);
      keys.push(names.window(window));
      args.push(kindNumber(window), window.limit, window.cost);
    }
    if (checksTokenQuota) keys.push(names.tokenQuota(userId));
    if (money !== null && hold !== null) {
      keys.push(own.purses);
      writeMoney(call, this.#request, money, hold);
    }
    args.push(slots.length);
    for (let index = 0; index < slots.length; index += 1) {
      const { holder, max } = at(slots, index);
      keys.push(names.slots(holder));
      args.push(max, at(this.#leases, index).id);
    }
    if (slots.length > 0) args.push(call.numberOf(own.register), queue?.max ?? -1);
  }

  settle(result: unknown): void {
    const answer = result as Answer;
    if (!this.#isAbandoned) {
      this.#sink.resolve(this.#mapAnswer(answer));
      return;
    }
    // The caller has left with an error: nobody else would give back what it has got.
    const code = answer[0];
    if (code === CODES.admitted) this.#giveBackAdmission(this.#listCounted(answer));
    else if (code === CODES.queued) this.#cancel(this.#listCounted(answer));
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#sink.reject(fault);
  }

  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    if (!this.#isAbandoned) this.#sink.reject(fault);
    if (!wasSent) return;
    // It may have got a place, or all: what it counted is not known.
    if (this.#request.queue === null) this.#giveBackAdmission([]);
    else this.#cancel([]);
  }

  #giveBackAdmission(counted: readonly Reservation[]): void {
    const { money, keeper, batcher, keys } = this.#context;
    const hold = this.#hold;
    if (hold && hold.keptBy !== 'nothing') money.giveBack(hold);
    keeper.release(this.#leases);
    for (const reservation of counted) batcher.add(new CorrectOp(keys, reservation, 0));
  }

  #cancel(counted: readonly Reservation[]): void {
    const [first] = this.#leases;
    if (!first) return this.#giveBackAdmission(counted);
    const ticket = { id: first.id, leases: this.#leases };
    this.#context.tickets.cancel({ queue: this.#queue(), ticket, counted, hold: this.#hold });
  }

  #queue(): QueueName {
    return this.#context.keys.queue({ kind: 'user', userId: this.#request.userId });
  }

  #mapAnswer(answer: Answer): AdmitResult {
    const request = this.#request;
    const code = answer[0];
    const first = answer[1];
    const second = answer[2];
    switch (code) {
      case CODES.admitted:
        return this.#admit(answer);
      case CODES.window:
        return refuseWindow(request, Number(first) - 1, Number(second) < 0 ? null : Number(second));
      case CODES.slots:
        return refuseSlots(request, Number(first) - 1);
      case CODES.money:
        return refuseMoney(request, Number(first), Number(second), Number(answer[3]) === 1);
      case CODES.tokenQuota:
        return { admitted: false, reason: 'token-quota', retryAfterMs: Number(first) };
      case CODES.queueFull:
        return refuseQueue(request, Number(first));
      case CODES.queued:
        return this.#wait(answer);
      default:
        return askForPurses(request, String(first), answer.slice(2).map(Number));
    }
  }

  #admit(answer: Answer): AdmitResult {
    const leases = this.#leases;
    const hold = this.#hold;
    for (const lease of leases) this.#context.keeper.keep(lease);
    if (hold) this.#context.money.keep(hold);
    const requests = this.#mapWindow(answer, ANSWER_FIELDS.requests);
    if (!this.#tellsTokens(answer))
      return { admitted: true, leases, hold, requests, tokens: null, reservations: [] };
    return { admitted: true, leases, hold, requests, ...this.#mapTokens(answer) };
  }

  #wait(answer: Answer): AdmitResult {
    const leases = this.#leases as [HeldLease<SlotHolder>, ...HeldLease<SlotHolder>[]];
    const { timeoutMs = 0, onPursesUnknown } = this.#request.queue ?? {};
    const counted = this.#listCounted(answer);
    const plan = { leases, timeoutMs, hold: this.#hold, onPursesUnknown };
    const ticket = this.#context.tickets.keep(this.#queue(), plan, counted);
    const requests = this.#mapWindow(answer, ANSWER_FIELDS.requests);
    return { admitted: false, reason: 'queued', ticket, requests, ...this.#mapTokens(answer) };
  }

  #mapTokens(answer: Answer): Omit<Counted, 'requests'> {
    return {
      tokens: this.#mapWindow(answer, ANSWER_FIELDS.tokens),
      reservations: this.#listCounted(answer).filter(isOfTokens),
    };
  }

  #listCounted(answer: Answer): Reservation[] {
    const stamps = answer.slice(answer.length - this.#request.windows.length);
    return buildReservations(this.#request, stamps.map(Number));
  }

  #tellsTokens(answer: Answer): boolean {
    return answer.length > ANSWER_FIELDS.tokens + this.#request.windows.length;
  }

  #mapWindow(answer: Answer, from: number): WindowState | null {
    const tightest = Number(answer[from]);
    if (tightest === 0) return null;
    const { limit } = at(this.#request.windows, tightest - 1);
    return { limit, remaining: Number(answer[from + 1]), resetMs: Number(answer[from + 2]) };
  }
}

function kindNumber({ unit, shape }: WindowLimit): number {
  return (unit === 'tokens' ? 1 : 0) + (shape === 'sliding' ? 2 : 0);
}
