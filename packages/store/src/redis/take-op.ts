import type { LeaseId } from '@tollgate/core';
import { at } from '../admit-result.ts';
import type { Lease, StoreUnavailableError, TakeAccountRequest, TakeAccountResult } from '../port.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { TurnCall } from './turn-call.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

export class TakeOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly #keys: Keys;
  readonly #request: TakeAccountRequest;
  readonly #leaseId: LeaseId;
  readonly #keeper: LeaseKeeper;
  readonly #resolve: (result: TakeAccountResult) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;
  #isAbandoned = false;

  constructor(
    context: { keys: Keys; keeper: LeaseKeeper; leaseId: LeaseId },
    request: TakeAccountRequest,
    resolve: (result: TakeAccountResult) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.#keys = context.keys;
    this.#keeper = context.keeper;
    this.#leaseId = context.leaseId;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  get tag(): string {
    return this.#keys.accountTag;
  }

  /** Requests of one turn mostly ask for the same accounts: only the first names them. */
  write({ keys, args, before }: TurnCall): void {
    const { candidates } = this.#request;
    if (before instanceof TakeOp && hasSameCandidates(before.#request, this.#request)) {
      args.push('s', this.#leaseId);
      return;
    }
    keys.push(this.#keys.accountSequence, this.#keys.accountOrder);
    args.push('t', this.#leaseId, candidates.length);
    for (const { accountId, max, priority } of candidates) {
      keys.push(this.#keys.accountSlots(accountId));
      args.push(max, priority, accountId);
    }
  }

  settle(result: unknown): void {
    const index = Number(result);
    if (index === 0) {
      this.#resolve({ taken: false });
      return;
    }
    const lease = this.#buildLease(index - 1);
    if (this.#isAbandoned) this.#keeper.release([lease]);
    else {
      this.#keeper.keep([lease]);
      this.#resolve({ taken: true, accountId: at(this.#request.candidates, index - 1).accountId, lease });
    }
  }

  abandon(fault: StoreUnavailableError): void {
    this.#isAbandoned = true;
    this.#reject(fault);
  }

  /** Which account it was, if any, is not known: the lease id is taken back from all of them. */
  fail(fault: StoreUnavailableError, wasSent: boolean): void {
    this.#reject(fault);
    if (wasSent) this.#keeper.release(this.#request.candidates.map((_, index) => this.#buildLease(index)));
  }

  #buildLease(index: number): Lease {
    const { accountId } = at(this.#request.candidates, index);
    return { id: this.#leaseId, holder: { kind: 'account', accountId } };
  }
}

function hasSameCandidates(one: TakeAccountRequest, other: TakeAccountRequest): boolean {
  if (one.candidates.length !== other.candidates.length) return false;
  return one.candidates.every((candidate, index) => {
    const { accountId, max, priority } = at(other.candidates, index);
    return candidate.accountId === accountId && candidate.max === max && candidate.priority === priority;
  });
}
