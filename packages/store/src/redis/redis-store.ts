import { createId, picoUsd, silentLogger, systemClock } from '@tollgate/core';
import type { Clock, Invalidation, Logger, NodeId, PicoUsd, UserId } from '@tollgate/core';
import { admitWithoutLimits } from '../admit-result.ts';
import { checkTakeAccount, checkTtl, selectAdmitUser } from '../check-request.ts';
import { clampInt64 } from '../int64.ts';
import type { InvalidationListener } from '../listener.ts';
import { isWide } from '../parse-invalidations.ts';
import { StoreUnavailableError } from '../port.ts';
import type { AdmitRequest, AdmitResult, Lease, SlotHolder, SnapshotRead, Store } from '../port.ts';
import type { TakeAccountRequest, TakeAccountResult } from '../port.ts';
import { keySnapshotName } from '../snapshot-names.ts';
import { DEFAULT_TIMINGS, type Timings } from '../timings.ts';
import { AdmitOp } from './admit-op.ts';
import { DebitOp } from './balance-ops.ts';
import { Batcher } from './batch.ts';
import { Keys } from './keys.ts';
import { CountOp } from './lease-ops.ts';
import { LeaseKeeper } from './lease-keeper.ts';
import { Link, type Call } from './link.ts';
import { SCRIPTS } from './scripts.ts';
import { Subscriber } from './subscriber.ts';
import { TakeOp } from './take-op.ts';

export interface RedisStoreOptions {
  /** `redis://` or `rediss://`, with user, password and database number if any. */
  url: string;
  /** Before every key and the channel; no braces. Default `tg:`. */
  prefix?: string;
  /** Names the connections in Redis's CLIENT LIST. */
  nodeId: NodeId;
  logger?: Logger;
  /** The URL leads to a Redis Cluster: each script call keeps to one hash tag. Default false. */
  isCluster?: boolean;
  /** No call waits longer for Redis (LIM-11). Default 250. */
  callTimeoutMs?: number;
  clock?: Clock;
  /** For tests. */
  timings?: Partial<Timings>;
}

const CALL_TIMEOUT_MS = 250;

/**
 * The state store in Redis (or Valkey), 6.2 or newer, shared by any number of nodes. Returns at once: the first
 * calls wait for the connection within their time limit. Needs an eviction policy that spares keys without TTL
 * (`noeviction` or `volatile-*`).
 */
export function createRedisStore(options: RedisStoreOptions): Store {
  return new RedisStore(options);
}

class RedisStore implements Store {
  readonly #keys: Keys;
  readonly #clock: Clock;
  readonly #timings: Timings;
  readonly #link: Link;
  readonly #batcher: Batcher;
  readonly #keeper: LeaseKeeper;
  readonly #subscriber: Subscriber;
  readonly #checkNumbers: NodeJS.Timeout;
  #closing: Promise<void> | null = null;

  constructor(options: RedisStoreOptions) {
    const { url, nodeId, logger = silentLogger, callTimeoutMs = CALL_TIMEOUT_MS } = options;
    this.#keys = new Keys(options.prefix ?? 'tg:');
    this.#clock = options.clock ?? systemClock;
    this.#timings = { ...DEFAULT_TIMINGS, ...options.timings };
    const connectionName = `tollgate:${nodeId}`;
    const onUsable = () => this.#keeper.catchUp();
    this.#link = new Link({ url, connectionName, callTimeoutMs, logger, clock: this.#clock, onUsable });
    this.#batcher = new Batcher({
      link: this.#link,
      callTimeoutMs,
      timings: this.#timings,
      clock: this.#clock,
      isCluster: options.isCluster ?? false,
    });
    this.#keeper = new LeaseKeeper({
      keys: this.#keys,
      batcher: this.#batcher,
      clock: this.#clock,
      timings: this.#timings,
    });
    this.#subscriber = new Subscriber({
      url,
      connectionName: `${connectionName}:sub`,
      channel: this.#keys.channel,
      logger,
      readNumber: () => this.#readNumber(),
    });
    this.#checkNumbers = setInterval(() => void this.#subscriber.check(), this.#timings.heartbeatMs);
    this.#checkNumbers.unref();
  }

  admit(request: AdmitRequest): Promise<AdmitResult> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      const userId = selectAdmitUser(request);
      if (userId === null) {
        resolve(admitWithoutLimits());
        return;
      }
      const nowMs = this.#clock.nowMs();
      const leaseIds = request.slots.map(() => createId('lease', nowMs));
      const context = { keys: this.#keys, keeper: this.#keeper, userId, leaseIds };
      this.#batcher.add(new AdmitOp(context, request, resolve, reject));
    });
  }

  takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      checkTakeAccount(request);
      if (request.candidates.length === 0) {
        resolve({ taken: false });
        return;
      }
      const leaseId = createId('lease', this.#clock.nowMs());
      const context = { keys: this.#keys, keeper: this.#keeper, leaseId };
      this.#batcher.add(new TakeOp(context, request, resolve, reject));
    });
  }

  release(leases: readonly Lease[]): void {
    if (!this.#closing) this.#keeper.release(leases);
  }

  countSlots(holder: SlotHolder): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#checkOpen();
      this.#batcher.add(new CountOp(this.#keys, holder, resolve, reject));
    });
  }

  async seedBalance(userId: UserId, balance: PicoUsd, ttlMs: number, seedToken: string): Promise<void> {
    checkTtl(ttlMs);
    await this.#request({
      script: SCRIPTS.seedBalance,
      keys: [this.#keys.balance(userId), this.#keys.seedToken(userId)],
      args: [clampInt64(balance).toString(), ttlMs, seedToken],
    });
  }

  debitBalance(userId: UserId, amount: PicoUsd): void {
    if (this.#closing) return;
    this.#batcher.add(new DebitOp(this.#keys, userId, amount, this.#keeper.doubtBalance));
  }

  async readBalance(userId: UserId): Promise<PicoUsd | null> {
    const figure = await this.#request({ command: 'get', args: [this.#keys.balance(userId)] });
    return typeof figure === 'string' ? picoUsd(BigInt(figure)) : null;
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
    const calls = [...this.#buildBalanceDrops(invalidations), this.#buildPublish(invalidations)];
    const replies = await this.#link.requestAll(calls);
    for (const reply of replies) if ('fault' in reply) throw reply.fault;
    const last = replies.at(-1);
    return Number(last && 'value' in last ? last.value : Number.NaN);
  }

  subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    if (this.#closing) return Promise.reject(new StoreUnavailableError('the store is closed'));
    return this.#subscriber.subscribe(onInvalidation);
  }

  async ping(): Promise<void> {
    await this.#request({ command: 'ping', args: [] });
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  async #close(): Promise<void> {
    clearInterval(this.#checkNumbers);
    this.#subscriber.close();
    this.#keeper.close();
    this.#keeper.catchUp();
    await this.#batcher.drain();
    this.#link.close();
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

  #buildBalanceDrops(invalidations: readonly Invalidation[]): Call[] {
    const calls: Call[] = [];
    for (const invalidation of invalidations) {
      if (invalidation.scope !== 'balance') continue;
      const userId = invalidation.userId as UserId;
      calls.push({ command: 'del', args: [this.#keys.balance(userId), this.#keys.seedToken(userId)] });
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
