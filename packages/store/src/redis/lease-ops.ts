import type { LeaseId } from '@tollgate/core';
import type { Lease, SlotHolder, SlotLoad, StoreUnavailableError } from '../port.ts';
import type { Keys, LeaseHolder, QueueName } from './keys.ts';
import { TURN_ORDER, type TurnOp, type TurnWriter } from './turn-op.ts';

/** A lease that this process keeps alive. */
export interface KeptLease {
  readonly id: LeaseId;
  readonly holder: LeaseHolder;
}

/** Gives one lease back. */
export class ReleaseOp implements TurnOp {
  readonly rank = TURN_ORDER.release;
  readonly answers = false;
  readonly tag: string;
  readonly #register: string;
  readonly #key: string;
  readonly #lease: Lease;
  readonly #onFail: (lease: Lease) => void;

  constructor(keys: Keys, lease: Lease, onFail: (lease: Lease) => void) {
    // At once: the hold of the same user has just been settled, so its keys are at hand.
    this.tag = keys.holderTag(lease.holder);
    this.#register = keys.register(lease.holder);
    this.#key = keys.slots(lease.holder);
    this.#lease = lease;
    this.#onFail = onFail;
  }

  write(call: TurnWriter): void {
    call.keys.push(this.#key);
    call.args.push('r', call.numberOf(this.#register), this.#lease.id);
  }

  settle(): void {}
  abandon(): void {}

  fail(): void {
    this.#onFail(this.#lease);
  }
}

/** Keeps one lease alive. One that fails is not repeated: the next heartbeat comes before the lease dies. */
export class RenewOp implements TurnOp {
  readonly rank = TURN_ORDER.debit;
  readonly answers = false;
  readonly tag: string;
  readonly #key: string;
  readonly #leaseId: string;

  constructor(keys: Keys, lease: KeptLease) {
    this.tag = keys.holderTag(lease.holder);
    this.#key = keys.slots(lease.holder);
    this.#leaseId = lease.id;
  }

  write({ keys, args }: TurnWriter): void {
    keys.push(this.#key);
    args.push('h', this.#leaseId);
  }

  settle(): void {}
  abandon(): void {}
  fail(): void {}
}

/** Counts live leases and waiters. */
export class LoadOp implements TurnOp {
  readonly rank = TURN_ORDER.take;
  readonly answers = true;
  readonly tag: string;
  readonly #queue: QueueName;
  readonly #key: string;
  readonly #resolve: (load: SlotLoad) => void;
  readonly #reject: (fault: StoreUnavailableError) => void;

  constructor(
    keys: Keys,
    holder: SlotHolder,
    resolve: (load: SlotLoad) => void,
    reject: (fault: StoreUnavailableError) => void,
  ) {
    this.#queue = keys.queue(holder);
    this.tag = this.#queue.tag;
    this.#key = keys.slots(holder);
    this.#resolve = resolve;
    this.#reject = reject;
  }

  write(call: TurnWriter): void {
    call.keys.push(this.#key);
    call.args.push('c', call.numberOf(this.#queue.register), this.#queue.name);
  }

  settle(result: unknown): void {
    const [running, waiting] = result as [number, number];
    this.#resolve({ running, waiting });
  }

  abandon(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }

  fail(fault: StoreUnavailableError): void {
    this.#reject(fault);
  }
}
