import type { OnReadOpts, Socket } from 'node:net';
import { type Clock, systemClock } from '@tollgate/core';
import type {
  UpstreamCall,
  UpstreamClient,
  UpstreamFault,
  UpstreamHandler,
  UpstreamRequest,
} from '../port.ts';
import { buildRequestHead } from './build-request.ts';
import { Http1Call } from './http1-call.ts';
import { OriginPool, type PoolHost } from './origin-pool.ts';
import { type Origin, parseOrigin } from './parse-origin.ts';

/** What the client needs of the outbound guard (`OutboundPolicy` in packages/outbound fits). */
export interface SocketGuard {
  /** A socket on its way to being connected; addresses are checked where they are dialled, certificates verified. */
  openSocket(options: {
    isTls: boolean;
    host: string;
    port: number;
    onread: OnReadOpts;
    session?: Buffer;
  }): Socket;
}

export interface Http1ClientOptions {
  policy: SocketGuard;
  /** Default: no limit, as account slots bound the parallel requests. More wait in a queue, first come first served. */
  connectionsPerOrigin?: number;
  /** Origins kept at once; the least recently used one is closed when its running requests are done. Default 256. */
  poolsMax?: number;
  /** How long an idle connection is kept where the upstream gives no hint. Default 30 s. */
  keepAliveMs?: number;
  /** Default 32 KiB. */
  headerBytesMax?: number;
  /** Default: the machine's. */
  clock?: Clock;
}

const SWEEP_MS_MAX = 1000;
const READ_BUFFER_BYTES = 64 * 1024;

/**
 * HTTP/1.1 on node's sockets, made for one thing: a JSON request out, an answer or an event stream back. No
 * redirects, no retries, no decompression, no pipelining, no deadlines but the connect one (the forward's machine
 * owns the others). Asks for `accept-encoding: identity`, as bytes must pass untouched.
 */
export function createHttp1Client(options: Http1ClientOptions): UpstreamClient {
  return new Http1Client(options);
}

class Http1Client implements UpstreamClient, PoolHost {
  readonly connectionsMax: number;
  readonly keepAliveMs: number;
  readonly headBytesMax: number;
  readonly #policy: SocketGuard;
  readonly #poolsMax: number;
  readonly #clock: Clock;
  readonly #sweepEveryMs: number;
  /** Every socket reads into this memory, one after the other; callbacks copy what they keep. */
  readonly #readBuffer = Buffer.allocUnsafeSlow(READ_BUFFER_BYTES);
  readonly #pools = new Map<string, OriginPool>();
  /** Evicted, still finishing their requests. */
  readonly #retired = new Set<OriginPool>();
  #sends = 0;
  #sweepTimer: NodeJS.Timeout | null = null;
  #isClosed = false;
  sweepNowMs = 0;

  constructor(options: Http1ClientOptions) {
    this.#policy = options.policy;
    this.connectionsMax = options.connectionsPerOrigin ?? Infinity;
    this.keepAliveMs = options.keepAliveMs ?? 30_000;
    this.headBytesMax = options.headerBytesMax ?? 32 * 1024;
    this.#poolsMax = options.poolsMax ?? 256;
    this.#clock = options.clock ?? systemClock;
    this.#sweepEveryMs = Math.max(10, Math.min(SWEEP_MS_MAX, this.keepAliveMs / 4));
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const pool = this.#isClosed ? null : this.#selectPool(request.origin);
    // Never past the proxy: the upstream, and the account's owner, would see another address.
    const isDirect = typeof request.proxyUrl !== 'string';
    const head = pool !== null && isDirect ? buildRequestHead(request, pool.origin.authority) : null;
    const call = new Http1Call(request, head ?? '', handler);
    if (pool === null || head === null) call.failLater(this.#isClosed ? CLOSED : INVALID);
    else pool.send(call);
    return call;
  }

  close(): Promise<void> {
    this.#isClosed = true;
    this.#stopSweeping();
    for (const pool of [...this.#pools.values(), ...this.#retired]) pool.close();
    this.#pools.clear();
    this.#retired.clear();
    return Promise.resolve();
  }

  openSocket(
    { isTls, host, port }: Origin,
    onRead: (bytes: number, buffer: Uint8Array) => boolean,
    session: Buffer | undefined,
  ): Socket {
    const onread = { buffer: this.#readBuffer, callback: onRead };
    return this.#policy.openSocket({
      isTls,
      host,
      port,
      onread,
      ...(session === undefined ? {} : { session }),
    });
  }

  watchIdle(): void {
    if (this.#sweepTimer !== null || this.#isClosed) return;
    this.sweepNowMs = this.#clock.monotonicMs();
    this.#sweepTimer = setInterval(() => this.#sweep(), this.#sweepEveryMs);
    this.#sweepTimer.unref();
  }

  forget(pool: OriginPool): void {
    this.#retired.delete(pool);
  }

  /** null = no origin. */
  #selectPool(origin: string): OriginPool | null {
    const pool = this.#pools.get(origin) ?? this.#createPool(origin);
    this.#sends += 1;
    if (pool !== null) pool.usedAt = this.#sends;
    return pool;
  }

  #createPool(text: string): OriginPool | null {
    const origin = parseOrigin(text);
    if (origin === null) return null;
    if (this.#pools.size >= this.#poolsMax) this.#retireOldest();
    const pool = new OriginPool(origin, this);
    this.#pools.set(text, pool);
    return pool;
  }

  #retireOldest(): void {
    let oldest: [key: string, pool: OriginPool] | null = null;
    for (const entry of this.#pools)
      if (oldest === null || entry[1].usedAt < oldest[1].usedAt) oldest = entry;
    if (oldest === null) return;
    this.#pools.delete(oldest[0]);
    this.#retired.add(oldest[1]);
    oldest[1].retire();
  }

  #sweep(): void {
    this.sweepNowMs = this.#clock.monotonicMs();
    let hasIdle = false;
    for (const pool of [...this.#pools.values(), ...this.#retired]) {
      pool.sweep(this.sweepNowMs);
      hasIdle ||= pool.hasIdle;
    }
    if (!hasIdle) this.#stopSweeping();
  }

  #stopSweeping(): void {
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    this.#sweepTimer = null;
  }
}

const CLOSED: UpstreamFault = { kind: 'refused', detail: 'the client is closed', isStaleSocket: false };
const INVALID: UpstreamFault = {
  kind: 'protocol',
  detail: 'the request cannot be written',
  isStaleSocket: false,
};
