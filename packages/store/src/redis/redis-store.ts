import { createId, silentLogger, systemClock } from '@tollgate/core';
import type { AccountId, Clock, Invalidation, Logger, NodeId, PicoUsd, UserId } from '@tollgate/core';
import { AccountCalls } from '../account-calls.ts';
import { admitWithoutLimits } from '../admit-result.ts';
import { buildHold } from '../build-hold.ts';
import type { TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import { checkAdmitRequest, checkCost, checkTtl } from '../check-request.ts';
import type { DirectStore, Sink } from '../direct-store.ts';
import type { InvalidationListener } from '../listener.ts';
import type { Hold, LostHold, PurseName, PurseSeed, PurseState } from '../money-port.ts';
import type { NodeAbout, NodeList } from '../node-port.ts';
import { isWide } from '../parse-invalidations.ts';
import { StoreUnavailableError, TOKEN_QUOTA_BLOCK_MS_MIN } from '../port.ts';
import type { Reservation, SlotLoad, WindowName, WindowUse } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, SlotHolder, SnapshotRead } from '../port.ts';
import { keySnapshotName } from '../snapshot-names.ts';
import { DEFAULT_TIMINGS, type Timings } from '../timings.ts';
import { AdmitOp, type AdmitContext } from './admit-op.ts';
import { Batcher } from './batch.ts';
import type { Call } from './call.ts';
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
import { SCRIPTS } from './scripts.ts';
import { Subscriber } from './subscriber.ts';
import { TicketKeeper } from './ticket-keeper.ts';
import { CorrectOp, ReadWindowOp } from './window-ops.ts';

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database number if any. */
  url?: string;
  /** With `isCluster`: several nodes of the Cluster, any of which may be down at the start. */
  urls?: readonly [string, ...string[]];
  /** Before every key and the channel; no braces. Default `tg:`. */
  prefix?: string;
  /** Of this store alone: names its connections in Redis's CLIENT LIST, and its tickets. */
  nodeId: NodeId;
  logger?: Logger;
  /** The URLs lead to a Redis Cluster: each script call keeps to one hash tag. Default false. */
  isCluster?: boolean;
  /** False = it serves no requests: not counted among the nodes. Default true. */
  isNode?: boolean;
  /** No call waits longer for Redis (LIM-11). Default 250. */
  callTimeoutMs?: number;
  clock?: Clock;
  /** 0 ≤ x < 1: decides between equal accounts. Default Math.random. */
  random?: () => number;
  /** For tests. */
  timings?: Partial<Timings>;
}

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
    this.#subscriber = new Subscriber({
      urls,
      connectionName: `${connectionName}:sub`,
      channel: this.#keys.channel,
      refreshChannel: this.#keys.refreshChannel,
      logger,
      inbox: this.#keys.inbox(nodeId),
      readNumber: () => this.#readNumber(),
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

  async getSnapshot(name: string): Promise<SnapshotRead> {
    const { messageNumber, wideNumber } = this.#keys;
    const keys = [messageNumber, wideNumber, this.#keys.snapshot(name)];
    const reply = await this.#request({ script: SCRIPTS.getSnapshot, keys, args: [] });
    const [generation, value] = reply as [string, string | null];
    return { value, generation };
  }

  async putSnapshot(name: string, value: string, ttlMs: number, generation: string): Promise<void> {
    checkTtl(ttlMs);
    const keys = [this.#keys.messageNumber, this.#keys.snapshot(name)];
    await this.#request({ script: SCRIPTS.putSnapshot, keys, args: [generation, ttlMs, value] });
  }

  async publish(invalidations: readonly Invalidation[]): Promise<number> {
    if (invalidations.length === 0) return this.#readNumber();
    this.#checkOpen();
    this.#batcher.flush();
    // The figures first: who hears the message must not find the old figure.
    const calls = [...this.#buildDrops(invalidations), this.#buildPublish(invalidations)];
    const replies = await this.#link.requestAll(calls);
    for (const reply of replies) if ('fault' in reply) throw reply.fault;
    const last = replies.at(-1);
    return Number(last && 'value' in last ? last.value : Number.NaN);
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

  async #readNumber(): Promise<number> {
    const keys = [this.#keys.messageNumber];
    return Number(await this.#request({ script: SCRIPTS.readNumber, keys, args: [] }));
  }

  async #request(call: Call): Promise<unknown> {
    this.#checkOpen();
    this.#batcher.flush();
    return this.#link.request(call);
  }

  #buildDrops(invalidations: readonly Invalidation[]): Call[] {
    const calls: Call[] = [];
    for (const invalidation of invalidations) {
      if (invalidation.scope !== 'balance' && invalidation.scope !== 'token-quota') continue;
      const userId = invalidation.userId as UserId;
      const keys =
        invalidation.scope === 'balance'
          ? [this.#keys.purses(userId), this.#keys.seedToken(userId)]
          : [this.#keys.tokenQuota(userId)];
      calls.push({ command: 'del', args: keys });
    }
    return calls;
  }

  #buildPublish(invalidations: readonly Invalidation[]): Call {
    const keys = [this.#keys.messageNumber, this.#keys.wideNumber];
    for (const invalidation of invalidations) {
      if (invalidation.scope === 'key') keys.push(this.#keys.snapshot(keySnapshotName(invalidation.keyHash)));
    }
    const wide = invalidations.some(isWide) ? 1 : 0;
    const args = [this.#keys.channel, JSON.stringify(invalidations), wide];
    return { script: SCRIPTS.publishInvalidations, keys, args };
  }

  #checkOpen(): void {
    if (this.#closing) throw new StoreUnavailableError('the store is closed');
  }
}

function selectUrls({ url, urls, isCluster }: RedisStoreOptions): readonly [string, ...string[]] {
  const all = urls ?? (url === undefined ? null : ([url] as const));
  if (!all) throw new RangeError('the Redis store needs a URL');
  if (all.length > 1 && !isCluster) throw new RangeError('several URLs are those of a Cluster');
  return all;
}
