import type { Clock } from '@tollgate/core';
import type { Lease } from '../port.ts';
import type { Timings } from '../timings.ts';
import type { Batcher } from './batch.ts';
import type { Keys } from './keys.ts';
import type { HeldLease } from './held-lease.ts';
import { LiveLeases } from './live-leases.ts';
import { ReleaseOp, RenewOp, type KeptLease } from './lease-ops.ts';

/** Heartbeats of a process with thousands of streams go out in slices, so that no turn is long. */
const RENEWALS_PER_TURN = 512;

export interface LeaseKeeperContext {
  keys: Keys;
  batcher: Batcher;
  clock: Clock;
  timings: Timings;
  /** With each heartbeat, for each lease. */
  onRenew(lease: KeptLease): void;
}

interface Unreleased {
  lease: Lease;
  /** Monotonic ms; after this the lease has died by itself. */
  untilMs: number;
}

/**
 * What this process owes to Redis: heartbeats for the leases it holds, and releases that Redis has not heard.
 */
export class LeaseKeeper {
  readonly #keys: Keys;
  readonly #batcher: Batcher;
  readonly #clock: Clock;
  readonly #timings: Timings;
  readonly #live = new LiveLeases();
  #unreleased: Unreleased[] = [];
  readonly #releasedAtMs = new WeakMap<Lease, number>();
  readonly #onRenew: (lease: KeptLease) => void;
  readonly #heartbeat: NodeJS.Timeout;

  constructor(context: LeaseKeeperContext) {
    this.#keys = context.keys;
    this.#batcher = context.batcher;
    this.#clock = context.clock;
    this.#timings = context.timings;
    this.#onRenew = context.onRenew;
    this.#heartbeat = setInterval(() => void this.#beat(), this.#timings.heartbeatMs);
    this.#heartbeat.unref();
  }

  keep(lease: HeldLease): void {
    this.#live.add(lease);
  }

  /** Somebody else gives it back. */
  drop(lease: KeptLease): void {
    this.#live.remove(lease);
  }

  release(leases: readonly Lease[]): void {
    for (const lease of leases) {
      this.#live.remove(lease);
      this.#batcher.add(new ReleaseOp(this.#keys, lease, this.#keepUnreleased));
    }
  }

  /** Redis is back: says what it has missed. */
  catchUp(): void {
    const unreleased = this.#unreleased;
    this.#unreleased = [];
    const nowMs = this.#clock.monotonicMs();
    for (const { lease, untilMs } of unreleased) if (untilMs > nowMs) this.release([lease]);
  }

  close(): void {
    clearInterval(this.#heartbeat);
    this.#live.clear();
  }

  /** The first failure sets the limit; a release that fails again keeps it. */
  readonly #keepUnreleased = (lease: Lease): void => {
    const nowMs = this.#clock.monotonicMs();
    const sinceMs = this.#releasedAtMs.get(lease) ?? nowMs;
    this.#releasedAtMs.set(lease, sinceMs);
    this.#unreleased.push({ lease, untilMs: sinceMs + this.#timings.leaseTtlMs });
  };

  async #beat(): Promise<void> {
    this.catchUp();
    let inTurn = 0;
    // The list itself, not a copy: what is released while the slices go out is passed over.
    for (const lease of this.#live.list()) {
      this.#batcher.add(new RenewOp(this.#keys, lease));
      this.#onRenew(lease);
      inTurn = (inTurn + 1) % RENEWALS_PER_TURN;
      if (inTurn === 0) await new Promise<void>((resolve) => void setImmediate(resolve));
    }
  }
}
