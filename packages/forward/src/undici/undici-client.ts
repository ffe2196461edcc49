import { type buildConnector, Pool } from 'undici';
import { type Clock, systemClock } from '@tollgate/core';
import type { UpstreamCall, UpstreamClient, UpstreamHandler, UpstreamRequest } from '../port.ts';
import { CountingClient } from './counting-client.ts';
import { OWN_HEADERS } from '../own-headers.ts';
import { UndiciCall } from './undici-call.ts';

/** What the client needs of the outbound guard (`OutboundPolicy` in packages/outbound fits). */
export interface OutboundGuard {
  createConnector(options: { timeoutMs: number; proxyUrl: string | null }): buildConnector.connector;
}

export interface UndiciClientOptions {
  policy: OutboundGuard;
  /** Default: no limit, as account slots bound the parallel requests. More wait in a queue. */
  connectionsPerOrigin?: number;
  /** Pools kept at once; the least recently used one is closed when its running requests are done. Default 256. */
  poolsMax?: number;
  /** How long an idle connection is kept where the upstream gives no hint. Default 30 s. */
  keepAliveMs?: number;
  /** How long a pool, and what it knows of a proxy, is kept without a request. Default 5 min. */
  poolIdleMs?: number;
  /** Default 32 KiB. */
  headerBytesMax?: number;
  /** Default: the machine's. */
  clock?: Clock;
}

interface PoolEntry {
  pool: Pool;
  usedAtMs: number;
}

const POOL_IDLE_MS = 300_000;
const SWEEP_MS_MAX = 60_000;

/**
 * HTTP/1.1 over undici's pools: no redirects, no retries, no decompression, no deadlines but the connect one
 * (the forward's machine owns the others). Asks for `accept-encoding: identity`, as bytes must pass untouched.
 */
export function createUndiciClient(options: UndiciClientOptions): UpstreamClient {
  return new PooledClient(options);
}

class PooledClient implements UpstreamClient {
  readonly #options: UndiciClientOptions;
  readonly #poolsMax: number;
  readonly #poolIdleMs: number;
  readonly #clock: Clock;
  /** In order of use, the latest last. */
  readonly #pools = new Map<string, PoolEntry>();
  /** Evicted, still finishing their requests. */
  readonly #retired = new Set<Pool>();
  #sweepTimer: NodeJS.Timeout | null = null;
  #isClosed = false;

  constructor(options: UndiciClientOptions) {
    this.#options = options;
    this.#poolsMax = options.poolsMax ?? 256;
    this.#poolIdleMs = options.poolIdleMs ?? POOL_IDLE_MS;
    this.#clock = options.clock ?? systemClock;
  }

  send(request: UpstreamRequest, handler: UpstreamHandler): UpstreamCall {
    const call = new UndiciCall(handler);
    if (this.#isClosed) {
      call.onResponseError(null, new Error('the client is closed'));
    } else {
      this.#dispatch(request, call);
    }
    call.endSending();
    return call;
  }

  async close(): Promise<void> {
    this.#isClosed = true;
    this.#stopSweeping();
    const pools = [...this.#pools.values()].map(({ pool }) => pool).concat(...this.#retired);
    this.#pools.clear();
    await Promise.all(pools.map((pool) => pool.destroy()));
  }

  #dispatch(request: UpstreamRequest, call: UndiciCall): void {
    try {
      this.#selectPool(request).dispatch(
        {
          path: request.path,
          method: request.method,
          headers: buildHeaders(request.headers),
          body: request.body,
          reset: request.freshSocket === true,
        },
        call,
      );
    } catch (error) {
      call.onResponseError(null, error instanceof Error ? error : new Error(String(error)));
    }
  }

  #selectPool(request: UpstreamRequest): Pool {
    const fresh = request.freshSocket === true ? 'fresh' : 'kept';
    const key = `${request.origin} ${request.connectTimeoutMs} ${fresh} ${request.proxyUrl ?? ''}`;
    const known = this.#pools.get(key);
    if (known !== undefined) this.#pools.delete(key);
    const pool = known?.pool ?? this.#createPool(request);
    this.#pools.set(key, { pool, usedAtMs: this.#clock.monotonicMs() });
    if (known === undefined) this.#retireOldest();
    this.#startSweeping();
    return pool;
  }

  #createPool({ origin, connectTimeoutMs, proxyUrl = null }: UpstreamRequest): Pool {
    const { policy, connectionsPerOrigin, keepAliveMs, headerBytesMax } = this.#options;
    return new Pool(origin, {
      factory: (url, options) => new CountingClient(url, options),
      connect: policy.createConnector({ timeoutMs: connectTimeoutMs, proxyUrl }),
      connections: connectionsPerOrigin ?? null,
      allowH2: false,
      pipelining: 1,
      headersTimeout: 0,
      bodyTimeout: 0,
      keepAliveTimeout: keepAliveMs ?? 30_000,
      maxHeaderSize: headerBytesMax ?? 32 * 1024,
    });
  }

  #retireOldest(): void {
    if (this.#pools.size <= this.#poolsMax) return;
    for (const [key, { pool }] of this.#pools) return this.#retire(key, pool);
  }

  #retire(key: string, pool: Pool): void {
    this.#pools.delete(key);
    this.#retired.add(pool);
    pool.close(() => this.#retired.delete(pool));
  }

  /** A proxy that no account has any more is forgotten, with its password. */
  #sweep(): void {
    const idleSinceMs = this.#clock.monotonicMs() - this.#poolIdleMs;
    for (const [key, { pool, usedAtMs }] of this.#pools) {
      if (usedAtMs <= idleSinceMs && pool.stats.size === 0) this.#retire(key, pool);
    }
    if (this.#pools.size === 0) this.#stopSweeping();
  }

  #startSweeping(): void {
    if (this.#sweepTimer !== null) return;
    const everyMs = Math.max(10, Math.min(SWEEP_MS_MAX, this.#poolIdleMs / 4));
    this.#sweepTimer = setInterval(() => this.#sweep(), everyMs).unref();
  }

  #stopSweeping(): void {
    if (this.#sweepTimer !== null) clearInterval(this.#sweepTimer);
    this.#sweepTimer = null;
  }
}

function buildHeaders(headers: Record<string, string>): string[] {
  const flat = ['accept-encoding', 'identity'];
  for (const name of Object.keys(headers)) {
    if (!OWN_HEADERS.has(name)) flat.push(name, headers[name] ?? '');
  }
  return flat;
}
