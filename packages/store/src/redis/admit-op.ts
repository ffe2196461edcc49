import type { LeaseId, UserId } from '@tollgate/core';
import { at, buildLeases, refuseRpm, refuseSlots } from '../admit-result.ts';
import type { AdmitRequest, AdmitResult, Lease, StoreUnavailableError } from '../port.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

/** First element of what `lua/includes/admit-request.lua` gives. */
const CODES = { admitted: 1, rpm: 2, balance: 3, balanceUnknown: 4, slots: 5 } as const;

export class AdmitOp implements TurnOp {
  readonly rank = TURN_ORDER.admit;
  readonly answers = true;
  readonly #keys: Keys;
  readonly #request: AdmitRequest;
  readonly #userId: UserId;
  readonly #leaseIds: readonly LeaseId[];
  readonly #keeper: LeaseKeeper;
  readonly #resolve: (result: AdmitResult) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;
  #isAbandoned = false;

  constructor(
    context: { keys: Keys; keeper: LeaseKeeper; userId: UserId; leaseIds: readonly LeaseId[] },
    request: AdmitRequest,
    resolve: (result: AdmitResult) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.#userId = context.userId;
    this.#keys = context.keys;
    this.#keeper = context.keeper;
    this.#leaseIds = context.leaseIds;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get tag(): string {
    return this.#keys.userTag(this.#userId);
  }

  write(keys: string[], args: (string | number)[]): void {
    const { rpm, balanceOf, slots } = this.#request;
    args.push('a', rpm.length, balanceOf === null ? 0 : 1, slots.length);
    for (const { subject, limit } of rpm) {
      keys.push(this.#keys.rpm(subject));
      args.push(limit);
    }
    if (balanceOf !== null) keys.push(this.#keys.balance(balanceOf), this.#keys.seedToken(balanceOf));
    for (let index = 0; index < slots.length; index += 1) {
      const { holder, max } = at(slots, index);
      keys.push(this.#keys.slots(holder));
      args.push(max, at(this.#leaseIds, index));
    }
  }

  settle(result: unknown): void {
    const admission = this.#mapResult(result as [number, ...unknown[]]);
    if (!this.#isAbandoned) this.#resolve(admission);
    // The caller has left with an error: nobody else would give these slots back.
    else if (admission.admitted) this.#keeper.release(admission.leases);
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#reject(fault);
  }

  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    this.#reject(fault);
    if (wasSent) this.#keeper.release(this.#leases());
  }

  #leases(): Lease[] {
    return buildLeases(this.#request, this.#leaseIds);
  }

  #mapResult([code, first, second, third]: [number, ...unknown[]]): AdmitResult {
    if (code === CODES.admitted) return this.#admit(Number(first), Number(second), Number(third));
    if (code === CODES.rpm) return refuseRpm(this.#request, Number(first) - 1, Number(second));
    if (code === CODES.slots) return refuseSlots(this.#request, Number(first) - 1);
    if (code === CODES.balance) return { admitted: false, reason: 'balance' };
    return { admitted: false, reason: 'balance-unknown', seedToken: String(first) };
  }

  #admit(tightest: number, remaining: number, resetMs: number): AdmitResult {
    const leases = this.#leases();
    if (!this.#isAbandoned) this.#keeper.keep(leases);
    if (tightest === 0) return { admitted: true, leases, rpm: null };
    return {
      admitted: true,
      leases,
      rpm: { limit: at(this.#request.rpm, tightest - 1).limit, remaining, resetMs },
    };
  }
}
