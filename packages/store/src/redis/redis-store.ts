import { createId, silentLogger, systemClock } from '@tollgate/core';
import type { AccountId, Clock, Invalidation, PicoUsd, UserId } from '@tollgate/core';
import { AccountCalls } from '../account-calls.ts';
import { admitWithoutLimits } from '../admit-result.ts';
import { buildHold } from '../build-hold.ts';
import type { TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import { checkAdmitRequest, checkCost, checkTtl } from '../check-request.ts';
import type { DirectStore, Sink } from '../direct-store.ts';
import type { InvalidationListener } from '../listener.ts';
import type { Hold, LostHold, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import type { NodeAbout, NodeList } from '../node-port.ts';
import { StoreUnavailableError, TOKEN_QUOTA_BLOCK_MS_MIN } from '../port.ts';
import type { Reservation, SlotLoad, WindowName, WindowUse } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, SlotHolder, SnapshotRead } from '../port.ts';
import { DEFAULT_TIMINGS, type Timings } from '../timings.ts';
import { AdmitOp, type AdmitContext } from './admit-op.ts';
import { Batcher } from './batch.ts';
import type { Call, Reply } from './call.ts';
import { HeldLease } from './held-lease.ts';
import { Keys } from './keys.ts';
import { LoadOp } from './lease-ops.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { ClusterLink, type CommandLink } from './cluster-link.ts';
import { Link } from './link.ts';
import { NodeRegister } from './node-register.ts';
import { parseNodeList } from './node-words.ts';
import { RedisAccounts } from './redis-accounts.ts';
import { RedisMoney } from './redis-money.ts';
import { RedisSnapshots } from './redis-snapshots.ts';
import { selectUrls, type RedisStoreOptions } from './redis-store-options.ts';
import { SCRIPTS } from './scripts.ts';
import { Subscriber } from './subscriber.ts';
import { TicketKeeper } from './ticket-keeper.ts';
import { CorrectOp, ReadWindowOp } from './window-ops.ts';

const CALL_TIMEOUT_MS = 250;

/**
 * The state store in Redis (or Valkey), 6.2 or newer, shared by any number of nodes. Returns at once: the first
 * calls wait for the connection within their time limit. Needs an eviction policy that spares keys without TTL
 * (`noeviction` or `volatile-*`).
 */
export function createRedisStore(options: RedisStoreOptions): DirectStore {
  return new RedisStore(options);
}

class RedisStore extends AccountCalls implements DirectStore {
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #timings: Timings;
  readonly #link: CommandLink;
  readonly #batcher: Batcher;
  readonly #keeper: LeaseKeeper;
  readonly #money: RedisMoney;
  protected readonly accounts: RedisAccounts;
  readonly #tickets: TicketKeeper;
  readonly #admitContext: AdmitContext;
  readonly #snapshots: RedisSnapshots;
  readonly #subscriber: Subscriber;
  readonly #nodes: NodeRegister;
  readonly #heartbeat: NodeJS.Timeout;
  readonly #check: NodeJS.Timeout;
  /** It has nothing to fall back on: see degraded/. */
  readonly degraded = null;
  #closing: Promise<void> | null = null;

  constructor(options: RedisStoreOptions) {
    super();
    const { nodeId, logger = silentLogger, callTimeoutMs = CALL_TIMEOUT_MS } = options;
    const urls = selectUrls(options);
    this.#keys = new Keys(options.prefix ?? 'tg:');
    this.#clock = options.clock ?? systemClock;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    const connectionName = `tollgate:${nodeId}`;
    const onUsable = () => {
      this.#keeper.catchUp();
      this.#money.catchUp();
      this.accounts.catchUp();
      this.#tickets.catchUp();
      void this.#nodes.register();
      void this.#subscriber.check();
    };
    const linkOptions = { connectionName, callTimeoutMs, logger, clock: this.#clock, onUsable };
    this.#link = options.isCluster
      ? new ClusterLink({ urls, ...linkOptions })
      : new Link({ url: urls[0], ...linkOptions });
    this.#batcher = new Batcher({
      link: this.#link,
      callTimeoutMs,
      timings: this.#timings,
      nodeId,
      clock: this.#clock,
      isCluster: options.isCluster ?? false,
      onNews: (news) => this.#tickets.hear(news),
      onFault: () => this.#tickets.noteFault(),
    });
    this.#keeper = new LeaseKeeper({
      keys: this.#keys,
      batcher: this.#batcher,
      clock: this.#clock,
      timings: this.#timings,
      onRenew: (lease) => this.#money.renew(lease),
    });
    this.#money = new RedisMoney({
      keys: this.#keys,
      batcher: this.#batcher,
      keeper: this.#keeper,
      clock: this.#clock,
      timings: this.#timings,
      logger,
      nodeId,
      request: (call) => this.#request(call),
    });
    this.#tickets = new TicketKeeper({
      keys: this.#keys,
      batcher: this.#batcher,
      keeper: this.#keeper,
      clock: this.#clock,
      timings: this.#timings,
      callTimeoutMs,
      onHold: ({ userId }) => this.#money.noteHolder(userId),
    });
    this.#admitContext = {
      keys: this.#keys,
      batcher: this.#batcher,
      keeper: this.#keeper,
      tickets: this.#tickets,
      money: this.#money,
    };
    this.accounts = new RedisAccounts({
      keys: this.#keys,
      clock: this.#clock,
      timings: this.#timings,
      batcher: this.#batcher,
      keeper: this.#keeper,
      tickets: this.#tickets,
      random: options.random ?? Math.random,
      openInbox: () => this.#subscriber.open(),
      request: (call) => this.#request(call),
    });
    this.#snapshots = new RedisSnapshots({
      keys: this.#keys,
      request: (call) => this.#request(call),
      requestAll: (calls) => this.#requestAll(calls),
    });
    this.#subscriber = new Subscriber({
      urls,
      connectionName: `${connectionName}:sub`,
      channel: this.#keys.channel,
      refreshChannel: this.#keys.refreshChannel,
      logger,
      inbox: this.#keys.inbox(nodeId),
      readNumber: () => this.#snapshots.readNumber(),
      onNews: (news) => this.#tickets.hear(news),
      onLive: () => this.#tickets.renewAll(),
      onApplied: (number) => this.#nodes.acknowledge(number),
    });
    this.#nodes = new NodeRegister((options.isNode ?? true) ? nodeId : null, this.#keys, this.#link);
    this.#heartbeat = setInterval(() => this.#beat(), this.#timings.heartbeatMs);
    this.#heartbeat.unref();
    this.#check = setInterval(() => void this.#subscriber.check(), this.#timings.checkMs);
    this.#check.unref();
  }

  #beat(): void {
    this.#subscriber.retryStuck();
    void this.#nodes.register();
    this.#money.catchUp();
    this.#money.sweep();
  }

  admit(request: AdmitRequest): Promise<AdmitResult> {
    return new Promise((resolve, reject) => this.admitTo(request, { resolve, reject }));
  }

  admitTo(request: AdmitRequest, sink: Sink<AdmitResult>): void {
    this.#checkOpen();
    if (!checkAdmitRequest(request)) {
      queueMicrotask(() => sink.resolve(admitWithoutLimits()));
      return;
    }
    const nowMs = this.#clock.nowMs();
    const leases = request.slots.map(({ holder }) => new HeldLease(createId('lease', nowMs), holder));
    if (request.queue) this.#subscriber.open();
    const hold = buildHold(request, leases, nowMs);
    if (request.money !== null && request.money.note !== null) this.#money.noteHolder(request.userId);
    this.#batcher.add(new AdmitOp(this.#admitContext, request, { leases, hold }, sink));
  }

  takeAccountTo(request: TakeAccountRequest, sink: Sink<TakeAccountResult>): void {
    this.#checkOpen();
    this.accounts.takeAccountTo(request, sink);
  }

  release(leases: readonly Lease[]): void {
    if (!this.#closing) this.#keeper.release(leases);
  }

  async countSlots(holder: SlotHolder): Promise<number> {
    return (await this.#readLoad(holder)).running;
  }

  readLoad(holders: readonly SlotHolder[]): Promise<SlotLoad[]> {
    return Promise.all(holders.map((holder) => this.#readLoad(holder)));
  }

  correctReservation(reservations: readonly Reservation[], trueCost: number): void {
    checkCost(trueCost);
    if (this.#closing) return;
    for (const reservation of reservations) {
      if (reservation.cost === trueCost) continue;
      this.#batcher.add(new CorrectOp(this.#keys, reservation, trueCost));
    }
  }

  readWindows(windows: readonly WindowName[]): Promise<WindowUse[]> {
    return Promise.all(windows.map((window) => this.#readWindow(window)));
  }

  async blockTokenQuota(userId: UserId, forMs: number): Promise<void> {
    checkTtl(forMs);
    const ttlMs = Math.max(forMs, TOKEN_QUOTA_BLOCK_MS_MIN);
    await this.#request({ command: 'set', args: [this.#keys.tokenQuota(userId), 1, 'PX', ttlMs] });
  }

  async clearTokenQuota(userId: UserId): Promise<void> {
    await this.#request({ command: 'del', args: [this.#keys.tokenQuota(userId)] });
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
    if (!this.#closing) this.#money.settleHold(hold, cost);
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

  getSnapshot(name: string): Promise<SnapshotRead> {
    return this.#snapshots.read(name);
  }

  putSnapshot(name: string, value: string, ttlMs: number, generation: string): Promise<void> {
    return this.#snapshots.put(name, value, ttlMs, generation);
  }

  publish(invalidations: readonly Invalidation[]): Promise<number> {
    return this.#snapshots.publish(invalidations);
  }

  subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    if (this.#closing) return Promise.reject(new StoreUnavailableError('the store is closed'));
    return this.#subscriber.subscribe(onInvalidation);
  }

  async requestTokenRefresh(accountId: AccountId): Promise<void> {
    await this.#request({ command: 'publish', args: [this.#keys.refreshChannel, accountId] });
  }

  onTokenRefreshRequest(onRequest: (accountId: AccountId) => void): Promise<() => Promise<void>> {
    if (this.#closing) return Promise.reject(new StoreUnavailableError('the store is closed'));
    return this.#subscriber.listenForRefreshes(onRequest);
  }

  announce(describe: () => NodeAbout): void {
    this.#nodes.announce(describe);
  }

  async listNodes(): Promise<NodeList> {
    const { nodes, nodeWords, messageNumber } = this.#keys;
    const keys = [nodes, nodeWords, messageNumber];
    return parseNodeList(await this.#request({ script: SCRIPTS.listNodes, keys, args: [] }));
  }

  get nodeCount(): number {
    return this.#nodes.count;
  }

  async ping(): Promise<void> {
    await this.#request({ command: 'ping', args: [] });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  protected get isClosed(): boolean {
    return this.#closing !== null;
  }

  async #close(): Promise<void> {
    clearInterval(this.#heartbeat);
    clearInterval(this.#check);
    this.#subscriber.close();
    this.#tickets.close();
    this.#keeper.close();
    this.#keeper.catchUp();
    this.#money.catchUp();
    this.accounts.close();
    await Promise.all([this.#batcher.drain(), this.#nodes.leave()]);
    this.#link.close();
  }

  #readLoad(holder: SlotHolder): Promise<SlotLoad> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      this.#batcher.add(new LoadOp(this.#keys, holder, resolve, reject));
    });
  }

  #readWindow(window: WindowName): Promise<WindowUse> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      this.#batcher.add(new ReadWindowOp(this.#keys, window, resolve, reject));
    });
  }

  async #request(call: Call): Promise<unknown> {
    this.#checkOpen();
    this.#batcher.flush();
    return this.#link.request(call);
  }

  async #requestAll(calls: readonly Call[]): Promise<Reply[]> {
    this.#checkOpen();
    this.#batcher.flush();
    return this.#link.requestAll(calls);
  }

  #checkOpen(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }
}
