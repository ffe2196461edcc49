import type { LeaseId } from '@tollgate/core';
import { at } from '../admit-result.ts';
import type { Lease, StoreUnavailableError, TakeAccountRequest, TakeAccountResult } from '../port.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import { TURN_ORDER, type TurnOp } from './turn-op.ts';

export class TakeOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly tag: string;
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
    this.tag = context.keys.accountTag;
    this.#keys = context.keys;
    this.#keeper = context.keeper;
    this.#leaseId = context.leaseId;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
  }

  write(keys: string[], args: (string | number)[]): void {
    const { candidates } = this.#request;
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
