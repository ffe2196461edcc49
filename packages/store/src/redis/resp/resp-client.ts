import type { CommandText } from './encode-command.ts';
import type { OnReplies } from './exchange-queue.ts';
import { parseRedisUrl, type RedisAddress } from './parse-redis-url.ts';
import type { ConnectionLostError } from './reply.ts';
import { RespConnection } from './resp-connection.ts';

export interface RespClientOptions {
  /** As `parseRedisUrl` reads it. */
  url: string;
  /** Shown in Redis's CLIENT LIST; no spaces. */
  connectionName: string;
  connectTimeoutMs: number;
  /** How long to wait after the given number of failures in a row, 1 and up. */
  retryAfterMs(failures: number): number;
  onReady(): void;
  /** A connection ended, or an attempt failed. The next attempt is made without being asked. */
  onClose(reason: ConnectionLostError): void;
}

/**
 * Holds one connection to Redis and makes a new one whenever it ends. It never queues and never sends anything
 * twice: between connections it takes no commands.
 */
export class RespClient {
  readonly #options: RespClientOptions;
  readonly #address: RedisAddress;
  #connection: RespConnection;
  #retry: NodeJS.Timeout | null = null;
  #failures = 0;
  #isClosed = false;

  /** Begins to connect. Throws RangeError when the URL is none. */
  constructor(options: RespClientOptions) {
    this.#options = options;
    this.#address = parseRedisUrl(options.url);
    this.#connection = this.#connect();
  }

  get isReady(): boolean {
    return this.#connection.isReady;
  }

  /**
   * Sends `count` commands in one write. False = not ready, nothing was sent; else `onReplies` comes exactly
   * once, later, with one outcome for each command, in order.
   */
  exchange(commands: CommandText, count: number, onReplies: OnReplies): boolean {
    if (!this.#connection.isReady) return false;
    this.#connection.exchange(commands, count, onReplies);
    return true;
  }

  /** Gives the present connection up and makes a new one. */
  reconnect(reason: string): void {
    this.#connection.close(reason);
  }

  /** No more connections; calls in flight get their fault. */
  close(): void {
    this.#isClosed = true;
    if (this.#retry) clearTimeout(this.#retry);
    this.#connection.close('closed');
  }

  #connect(): RespConnection {
    return new RespConnection({
      address: this.#address,
      connectionName: this.#options.connectionName,
      connectTimeoutMs: this.#options.connectTimeoutMs,
      onReady: () => this.#noteReady(),
      onClose: (reason) => this.#noteClose(reason),
    });
  }

  #noteReady(): void {
    this.#failures = 0;
    this.#options.onReady();
  }

  #noteClose(reason: ConnectionLostError): void {
    if (!this.#isClosed) {
      this.#failures += 1;
      this.#retry = setTimeout(
        () => (this.#connection = this.#connect()),
        this.#options.retryAfterMs(this.#failures),
      ).unref();
    }
    this.#options.onClose(reason);
  }
}
