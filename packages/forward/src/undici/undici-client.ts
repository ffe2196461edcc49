import { type buildConnector, Pool } from 'undici';
import type { UpstreamCall, UpstreamClient, UpstreamHandler, UpstreamRequest } from '../port.ts';
import { CountingClient } from './counting-client.ts';
import { UndiciCall } from './undici-call.ts';

/** What the client needs of the outbound guard (`OutboundPolicy` in packages/outbound fits). */
export interface OutboundGuard {
  createConnector(options: { timeoutMs: number }): buildConnector.connector;
}

export interface UndiciClientOptions {
  policy: OutboundGuard;
  /** Default: no limit, as account slots bound the parallel requests. More wait in a queue. */
  connectionsPerOrigin?: number;
  /** Pools kept at once; the least recently used one is closed when its running requests are done. Default 256. */
  poolsMax?: number;
  /** How long an idle connection is kept where the upstream gives no hint. Default 30 s. */
  keepAliveMs?: number;
  /** Default 32 KiB. */
  headerBytesMax?: number;
}

/** What the client says itself, or what belongs to one connection only (RFC 9110 §7.6.1). */
const OWN_HEADERS = new Set([
  'accept-encoding',
  'connection',
  'content-length',
  'expect',
  'host',
  'keep-alive',
  'proxy-connection',
  'te',
  'transfer-encoding',
  'upgrade',
]);

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
  /** In order of use, the latest last. */
  readonly #pools = new Map<string, Pool>();
  /** Evicted, still finishing their requests. */
  readonly #retired = new Set<Pool>();
  #isClosed = false;

  constructor(options: UndiciClientOptions) {
    this.#options = options;
    this.#poolsMax = options.poolsMax ?? 256;
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
    const pools = [...this.#pools.values(), ...this.#retired];
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
    const key = `${request.origin} ${request.connectTimeoutMs} ${fresh}`;
    const known = this.#pools.get(key);
    if (known !== undefined) this.#pools.delete(key);
    const pool = known ?? this.#createPool(request);
    this.#pools.set(key, pool);
    if (known === undefined) this.#retireOldest();
    return pool;
  }

  #createPool({ origin, connectTimeoutMs }: UpstreamRequest): Pool {
    const { policy, connectionsPerOrigin, keepAliveMs, headerBytesMax } = this.#options;
    return new Pool(origin, {
      factory: (url, options) => new CountingClient(url, options),
      connect: policy.createConnector({ timeoutMs: connectTimeoutMs }),
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
    for (const [key, pool] of this.#pools) {
      this.#pools.delete(key);
      this.#retired.add(pool);
      pool.close(() => this.#retired.delete(pool));
      return;
    }
  }
}

function buildHeaders(headers: Record<string, string>): string[] {
  const flat = ['accept-encoding', 'identity'];
  for (const name of Object.keys(headers)) {
    if (!OWN_HEADERS.has(name)) flat.push(name, headers[name] ?? '');
  }
  return flat;
}
