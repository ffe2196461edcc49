import { createId, silentLogger, systemClock, type NodeId } from '@tollgate/core';
import type { AccountId, Clock, Invalidation, LeaseId, Logger, PicoUsd, UserId } from '@tollgate/core';
import { AccountCalls } from '../account-calls.ts';
import {
  admitWithoutLimits,
  buildLeases,
  buildReservations,
  holderName,
  isOfTokens,
} from '../admit-result.ts';
import { refuseQueue, refuseSlots, refuseWindow } from '../admit-result.ts';
import { buildHold } from '../build-hold.ts';
import { checkAdmitRequest, checkCost, checkTtl } from '../check-request.ts';
import { AppliedNumbers } from '../applied-numbers.ts';
import { tellListeners, tellRefresh, type InvalidationListener, type RefreshListener } from '../listener.ts';
import type { Hold, LostHold, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import type { NodeAbout, NodeList } from '../node-port.ts';
import { isWide } from '../parse-invalidations.ts';
import { StoreUnavailableError, TOKEN_QUOTA_BLOCK_MS_MIN } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, SlotHolder, SnapshotRead, Store } from '../port.ts';
import type { Reservation, SlotLoad, Ticket, WindowName, WindowUse } from '../port.ts';
import { keySnapshotName } from '../snapshot-names.ts';
import { DEFAULT_TIMINGS, type Timings } from '../timings.ts';
import { ExpiringMap } from './expiring-map.ts';
import { LocalAccounts } from './local-accounts.ts';
import { LocalMoney } from './local-money.ts';
import { SlotTable } from './slot-table.ts';
import { WaitQueues } from './wait-queues.ts';
import { WindowTable } from './window-table.ts';

export interface LocalStoreOptions {
  /** What its node is called; made up when absent. */
  nodeId?: NodeId;
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
  readonly #windows: WindowTable;
  /** User → the moment until which the flag is up. */
  readonly #tokenQuotas = new ExpiringMap<number>();
  readonly #money: LocalMoney;
  readonly #snapshots = new ExpiringMap<string>();
  readonly #listeners = new Set<InvalidationListener>();
  readonly #refreshListeners = new Set<RefreshListener>();
  readonly #queues: WaitQueues;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #sweepQueues: NodeJS.Timeout;
  /** Nobody shares this store. */
  readonly nodeCount = 1;
  /** Never away from itself. */
  readonly degraded = null;
  #number = 0;
  /** The node of this process, once it has announced itself. */
  readonly #nodeId: NodeId;
  #describe: (() => NodeAbout) | null = null;
  #appliedNumber = 0;
  readonly #applied = new AppliedNumbers((number) => (this.#appliedNumber = number));
  #closed = false;

  constructor(options: LocalStoreOptions) {
    super();
    this.#clock = options.clock ?? systemClock;
    this.#nodeId = options.nodeId ?? createId('node', this.#clock.nowMs());
    this.#logger = options.logger ?? silentLogger;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    this.#heartbeat = setInterval(() => this.#beat(), this.#timings.heartbeatMs);
    this.#heartbeat.unref();
    this.#windows = new WindowTable(this.#timings.windowMs);
    const nowMs = () => this.#clock.nowMs();
    this.#queues = new WaitQueues(this.#slots, nowMs, this.#timings.leaseTtlMs);
    this.accounts = new LocalAccounts({
      slots: this.#slots,
      queues: this.#queues,
      clock: this.#clock,
      timings: this.#timings,
      random: options.random ?? Math.random,
    });
    this.#money = new LocalMoney({
      slots: this.#slots,
      queues: this.#queues,
      clock: this.#clock,
      timings: this.#timings,
      logger: this.#logger,
    });
    this.#sweepQueues = setInterval(() => this.#queues.sweep(), this.#timings.ticketRenewMs);
    this.#sweepQueues.unref();
  }

  async admit(request: AdmitRequest): Promise<AdmitResult> {
    this.#checkOpen();
    if (!checkAdmitRequest(request)) return admitWithoutLimits();
    const nowMs = this.#clock.nowMs();
    const windows = this.#windows.check(request.windows, nowMs);
    if (!windows.passed) return refuseWindow(request, windows.index, windows.retryAfterMs);
    const unpaid = this.#checkTokenQuota(request, nowMs) ?? this.#money.refuse(request);
    if (unpaid) return unpaid;
    const closed = this.#queues.letGo(request.slots) ?? NONE;
    const money = this.#money.check(request, closed);
    if (money?.kind === 'held' && !mayWait(request))
      return { admitted: false, reason: 'money', ...money.refusal };
    const slots = money?.kind === 'held' ? MONEY_IS_HELD : this.#takeSlots(request, nowMs);
    const refused = slots.taken ? null : this.#refuseSlots(request, slots.fullIndex);
    if (refused) return refused;
    const stamps = windows.readings.map(({ stamp }) => stamp);
    const reservations = buildReservations(request, stamps);
    this.#windows.count(reservations, nowMs);
    const counted = {
      requests: this.#windows.findTightest(request.windows, windows.readings, 'requests', nowMs),
      tokens: this.#windows.findTightest(request.windows, windows.readings, 'tokens', nowMs),
      reservations: reservations.filter(isOfTokens),
    };
    if (slots.taken) {
      const { leases } = slots;
      const hold = this.#money.hold(request, leases);
      return { admitted: true, leases, hold, ...counted };
    }
    return { admitted: false, reason: 'queued', ticket: this.#wait(request, reservations), ...counted };
  }

  release(leases: readonly Lease[]): void {
    for (const { id, holder } of leases) this.#slots.release(holderName(holder), id);
    this.#queues.noteFreed(leases.map(({ holder }) => holder));
  }

  async countSlots(holder: SlotHolder): Promise<number> {
    this.#checkOpen();
    return this.#slots.count(holderName(holder), this.#clock.nowMs());
  }

  async readLoad(holders: readonly SlotHolder[]): Promise<SlotLoad[]> {
    this.#checkOpen();
    const nowMs = this.#clock.nowMs();
    return holders.map((holder) => ({
      running: this.#slots.count(holderName(holder), nowMs),
      waiting: this.#queues.length(holder),
    }));
  }

  correctReservation(reservations: readonly Reservation[], trueCost: number): void {
    checkCost(trueCost);
    this.#correct(reservations, trueCost);
  }

  async readWindows(windows: readonly WindowName[]): Promise<WindowUse[]> {
    this.#checkOpen();
    const nowMs = this.#clock.nowMs();
    return windows.map((window) => this.#windows.read(window, nowMs));
  }

  async blockTokenQuota(userId: UserId, forMs: number): Promise<void> {
    this.#checkOpen();
    checkTtl(forMs);
    const untilMs = this.#clock.nowMs() + Math.max(forMs, TOKEN_QUOTA_BLOCK_MS_MIN);
    this.#tokenQuotas.set(userId, untilMs, untilMs);
  }

  async clearTokenQuota(userId: UserId): Promise<void> {
    this.#checkOpen();
    this.#tokenQuotas.delete(userId);
  }

  async seedPurses(
    userId: UserId,
    seeds: readonly PurseSeed[],
    ttlMs: number,
    seedToken: string,
  ): Promise<void> {
    this.#checkOpen();
    await this.#money.seedPurses(userId, seeds, ttlMs, seedToken);
  }

  settleHold(hold: Hold, cost: PicoUsd): void {
    if (!this.#closed) this.#money.settleHold(hold, cost);
  }

  async readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]> {
    this.#checkOpen();
    return this.#money.readPurses(purses);
  }

  async listLostHolds(limit: number): Promise<LostHold[]> {
    this.#checkOpen();
    return this.#money.listLostHolds(limit);
  }

  async forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void> {
    this.#checkOpen();
    await this.#money.forgetLostHolds(ids);
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
    this.#applied.note(this.#number, tellListeners(this.#listeners, invalidations, this.#logger));
    return this.#number;
  }

  async subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    this.#checkOpen();
    // A wrapper, so that the same function may subscribe twice and end once.
    const listener = (invalidation: Invalidation) => onInvalidation(invalidation);
    this.#listeners.add(listener);
    return async () => void this.#listeners.delete(listener);
  }

  async requestTokenRefresh(accountId: AccountId): Promise<void> {
    this.#checkOpen();
    for (const tell of this.#refreshListeners) tellRefresh(tell, accountId, this.#logger);
  }

  async onTokenRefreshRequest(onRequest: (accountId: AccountId) => void): Promise<() => Promise<void>> {
    this.#checkOpen();
    // A wrapper, so that the same function may listen twice and end once.
    const listener: RefreshListener = (accountId) => onRequest(accountId);
    this.#refreshListeners.add(listener);
    return async () => void this.#refreshListeners.delete(listener);
  }

  announce(describe: () => NodeAbout): void {
    this.#describe = describe;
  }

  async listNodes(): Promise<NodeList> {
    this.#checkOpen();
    const about = this.#describe?.();
    const nodes = about ? [{ id: this.#nodeId, about, number: this.#appliedNumber, silentMs: 0 }] : [];
    return { number: this.#number, nodes };
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
    this.#refreshListeners.clear();
  }

  protected get isClosed(): boolean {
    return this.#closed;
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

  /** null = the request may wait. */
  #refuseSlots(request: AdmitRequest, fullIndex: number): AdmitResult | null {
    const [gate] = request.slots;
    if (!request.queue || !gate) return refuseSlots(request, fullIndex);
    const queued = this.#queues.length(gate.holder);
    return queued >= request.queue.max ? refuseQueue(request, queued) : null;
  }

  #wait(request: AdmitRequest, reservations: readonly Reservation[]): Ticket {
    const nowMs = this.#clock.nowMs();
    const ids = request.slots.map(() => createId('lease', nowMs));
    const leases = buildLeases(request, ids) as [Lease, ...Lease[]];
    const hold = buildHold(request, leases, nowMs);
    return this.#queues.enter({
      leases,
      slots: request.slots,
      timeoutMs: request.queue?.timeoutMs ?? 0,
      user: '',
      weight: 1,
      hold,
      onPursesUnknown: request.queue?.onPursesUnknown,
      ...(hold && { money: (ticket) => this.#money.wait(request, hold, ticket) }),
      onLeave: () => {
        this.#correct(reservations, 0);
        if (hold) this.#money.giveBack(hold);
      },
    });
  }

  #correct(reservations: readonly Reservation[], trueCost: number): void {
    const nowMs = this.#clock.nowMs();
    for (const reservation of reservations) {
      this.#windows.correct(reservation, trueCost - reservation.cost, nowMs);
    }
  }

  #checkTokenQuota({ userId, checksTokenQuota }: AdmitRequest, nowMs: number): AdmitResult | null {
    if (!checksTokenQuota) return null;
    const untilMs = this.#tokenQuotas.get(userId, nowMs);
    return untilMs === undefined
      ? null
      : { admitted: false, reason: 'token-quota', retryAfterMs: untilMs - nowMs };
  }

  #drop(invalidation: Invalidation): void {
    if (invalidation.scope === 'balance') this.#money.dropFigures(invalidation.userId as UserId);
    else if (invalidation.scope === 'token-quota') this.#tokenQuotas.delete(invalidation.userId);
    else if (invalidation.scope === 'key') this.#snapshots.delete(keySnapshotName(invalidation.keyHash));
    if (isWide(invalidation)) this.#snapshots.clear();
  }

  #beat(): void {
    const nowMs = this.#clock.nowMs();
    this.#slots.renewAll(nowMs + this.#timings.leaseTtlMs);
    this.#windows.sweep(nowMs);
    this.#tokenQuotas.sweep(nowMs);
    this.#money.sweep();
    this.#snapshots.sweep(nowMs);
    this.accounts.sweep();
  }

  #checkOpen(): void {
    if (this.#closed) throw new StoreUnavailableError('the store is closed');
  }
}

const NONE: ReadonlySet<string> = new Set();
/** Its first slot is as good as full. */
const MONEY_IS_HELD = { taken: false, fullIndex: 0 } as const;

function mayWait({ queue, slots }: AdmitRequest): boolean {
  return queue !== null && slots.length > 0;
}
