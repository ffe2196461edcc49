import { createId, silentLogger, systemClock } from '@tollgate/core';
import type { Clock, Invalidation, LeaseId, Logger, PicoUsd, UserId } from '@tollgate/core';
import { AccountCalls } from '../account-calls.ts';
import { admitWithoutLimits, buildLeases, holderName, refuseQueue, refuseRpm } from '../admit-result.ts';
import { refuseSlots } from '../admit-result.ts';
import { checkTtl, selectAdmitUser } from '../check-request.ts';
import { tellListener, type InvalidationListener } from '../listener.ts';
import { isWide } from '../parse-invalidations.ts';
import { StoreUnavailableError } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, SlotHolder, SnapshotRead, Store } from '../port.ts';
import type { WindowState } from '../port.ts';
import { keySnapshotName } from '../snapshot-names.ts';
import { DEFAULT_TIMINGS, type Timings } from '../timings.ts';
import { BalanceTable } from './balance-table.ts';
import { ExpiringMap } from './expiring-map.ts';
import { LocalAccounts } from './local-accounts.ts';
import { RpmTable } from './rpm-table.ts';
import { SlotTable } from './slot-table.ts';
import { WaitQueues } from './wait-queues.ts';

export interface LocalStoreOptions {
  clock?: Clock;
  logger?: Logger;
  /** 0 ≤ x < 1: decides between equal accounts. Default Math.random. */
  random?: () => number;
  /** For tests. */
  timings?: Partial<Timings>;
}

/**
 * The state store of one process, for the embedded set-up: nothing is shared and nothing survives it.
 * Every call is done when it returns; a batch would only make it later.
 */
export function createLocalStore(options: LocalStoreOptions = {}): Store {
  return new LocalStore(options);
}

class LocalStore extends AccountCalls implements Store {
  readonly #clock: Clock;
  readonly #logger: Logger;
  readonly #timings: Timings;
  readonly #slots = new SlotTable();
  protected readonly accounts: LocalAccounts;
  readonly #rpm = new RpmTable();
  readonly #balances = new BalanceTable();
  readonly #snapshots = new ExpiringMap<string>();
  readonly #listeners = new Set<InvalidationListener>();
  readonly #queues: WaitQueues;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #sweepQueues: NodeJS.Timeout;
  #number = 0;
  #closed = false;

  constructor(options: LocalStoreOptions) {
    super();
    this.#clock = options.clock ?? systemClock;
    this.#logger = options.logger ?? silentLogger;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#heartbeat = setInterval(() => this.#beat(), this.#timings.heartbeatMs);
    this.#heartbeat.unref();
    const nowMs = () => this.#clock.nowMs();
    this.#queues = new WaitQueues(this.#slots, nowMs, this.#timings.leaseTtlMs);
    this.accounts = new LocalAccounts({
      slots: this.#slots,
      queues: this.#queues,
      clock: this.#clock,
      timings: this.#timings,
      random: options.random ?? Math.random,
    });
    this.#sweepQueues = setInterval(() => this.#queues.sweep(), this.#timings.ticketRenewMs);
    this.#sweepQueues.unref();
  }

  async admit(request: AdmitRequest): Promise<AdmitResult> {
    this.#checkOpen();
    if (selectAdmitUser(request) === null) return admitWithoutLimits();
    const nowMs = this.#clock.nowMs();
    const restMs = this.#rpm.openWindow(nowMs, this.#timings.rpmWindowMs);
    const rpm = this.#rpm.check(request.rpm);
    if (!rpm.passed) return refuseRpm(request, rpm.index, restMs);
    const unpaid = this.#checkBalance(request, nowMs);
    if (unpaid) return unpaid;
    const window = rpm.tightest && { ...rpm.tightest, resetMs: restMs };
    this.#queues.letGo(request.slots);
    const slots = this.#takeSlots(request, nowMs);
    if (!slots.taken) return this.#wait(request, slots.fullIndex, window);
    this.#rpm.count(request.rpm);
    return { admitted: true, leases: slots.leases, rpm: window };
  }

  release(leases: readonly Lease[]): void {
    for (const { id, holder } of leases) this.#slots.release(holderName(holder), id);
    this.#queues.noteFreed(leases.map(({ holder }) => holder));
  }

  async countSlots(holder: SlotHolder): Promise<number> {
    this.#checkOpen();
    return this.#slots.count(holderName(holder), this.#clock.nowMs());
  }

  async seedBalance(userId: UserId, balance: PicoUsd, ttlMs: number, seedToken: string): Promise<void> {
    this.#checkOpen();
    checkTtl(ttlMs);
    this.#balances.seed(userId, balance, seedToken, this.#clock.nowMs(), ttlMs);
  }

  debitBalance(userId: UserId, amount: PicoUsd): void {
    this.#balances.debit(userId, amount, this.#clock.nowMs());
  }

  async readBalance(userId: UserId): Promise<PicoUsd | null> {
    this.#checkOpen();
    return this.#balances.read(userId, this.#clock.nowMs());
  }

  async getSnapshot(name: string): Promise<SnapshotRead> {
    this.#checkOpen();
    const value = this.#snapshots.get(name, this.#clock.nowMs()) ?? null;
    return { value, generation: String(this.#number) };
  }

  async putSnapshot(name: string, value: string, ttlMs: number, generation: string): Promise<void> {
    this.#checkOpen();
    checkTtl(ttlMs);
    if (generation === String(this.#number)) this.#snapshots.set(name, value, this.#clock.nowMs() + ttlMs);
  }

  async publish(invalidations: readonly Invalidation[]): Promise<number> {
    this.#checkOpen();
    if (invalidations.length === 0) return this.#number;
    this.#number += 1;
    for (const invalidation of invalidations) this.#drop(invalidation);
    for (const tell of this.#listeners) tellListener(tell, invalidations, this.#logger);
    return this.#number;
  }

  async subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    this.#checkOpen();
    // A wrapper, so that the same function may subscribe twice and end once.
    const listener = (invalidation: Invalidation) => onInvalidation(invalidation);
    this.#listeners.add(listener);
    return async () => void this.#listeners.delete(listener);
  }

  async ping(): Promise<void> {
    this.#checkOpen();
  }

  async close(): Promise<void> {
    this.#closed = true;
    clearInterval(this.#heartbeat);
    clearInterval(this.#sweepQueues);
    this.#queues.close();
    this.#listeners.clear();
  }

  protected get isClosed(): boolean {
    return this.#closed;
  }

  #checkBalance(request: AdmitRequest, nowMs: number): AdmitResult | null {
    const userId = request.balanceOf;
    if (userId === null) return null;
    const figure = this.#balances.read(userId, nowMs);
    if (figure !== null) return figure <= 0n ? { admitted: false, reason: 'balance' } : null;
    const seedToken = this.#balances.readToken(userId, nowMs, this.#timings.seedTokenTtlMs);
    return { admitted: false, reason: 'balance-unknown', seedToken };
  }

  #takeSlots(
    request: AdmitRequest,
    nowMs: number,
  ): { taken: true; leases: Lease[] } | { taken: false; fullIndex: number } {
    const ids: LeaseId[] = [];
    for (const [index, { holder, max }] of request.slots.entries()) {
      const name = holderName(holder);
      if (!this.#slots.hasFree(name, max, nowMs)) {
        this.release(buildLeases(request, ids));
        return { taken: false, fullIndex: index };
      }
      const id = createId('lease', nowMs);
      this.#slots.take(name, id, nowMs + this.#timings.leaseTtlMs);
      ids.push(id);
    }
    return { taken: true, leases: buildLeases(request, ids) };
  }

  /** Refuses, unless the request may wait. */
  #wait(request: AdmitRequest, fullIndex: number, rpm: WindowState | null): AdmitResult {
    const [gate] = request.slots;
    if (!request.queue || !gate) return refuseSlots(request, fullIndex);
    const queued = this.#queues.length(gate.holder);
    if (queued >= request.queue.max) return refuseQueue(request, queued);
    this.#rpm.count(request.rpm);
    const nowMs = this.#clock.nowMs();
    const ids = request.slots.map(() => createId('lease', nowMs));
    const leases = buildLeases(request, ids) as [Lease, ...Lease[]];
    const { timeoutMs } = request.queue;
    const ticket = this.#queues.enter({ leases, slots: request.slots, timeoutMs, user: '', weight: 1 });
    return { admitted: false, reason: 'queued', ticket, rpm };
  }

  #drop(invalidation: Invalidation): void {
    if (invalidation.scope === 'balance') this.#balances.drop(invalidation.userId);
    else if (invalidation.scope === 'key') this.#snapshots.delete(keySnapshotName(invalidation.keyHash));
    if (isWide(invalidation)) this.#snapshots.clear();
  }

  #beat(): void {
    const nowMs = this.#clock.nowMs();
    this.#slots.renewAll(nowMs + this.#timings.leaseTtlMs);
    this.#balances.sweep(nowMs);
    this.#snapshots.sweep(nowMs);
    this.accounts.sweep();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
  }
}
