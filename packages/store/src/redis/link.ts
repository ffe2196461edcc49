import { type Clock, type Logger } from '@tollgate/core';
import { Redis } from 'ioredis';
import { StoreUnavailableError } from '../port.ts';
import type { Script } from './scripts.ts';

/** One command of a pipeline: a script with its keys and arguments, or a plain command. */
export type Call =
  | { script: Script; keys: readonly string[]; args: readonly (string | number)[] }
  | { command: string; args: readonly (string | number)[] };

/** What one call gave: Redis's reply, or the fault that kept it away. */
export type Reply = { value: unknown } | { fault: StoreUnavailableError };

export interface LinkOptions {
  url: string;
  connectionName: string;
  callTimeoutMs: number;
  logger: Logger;
  clock: Clock;
  /** Called each time that calls can be sent again. */
  onUsable(): void;
}

/** A link that is silent this long is given up and built anew: its other end may be gone without a word. */
const SILENCE_MAX_MS = 2_000;
const WATCH_MS = 500;
const CONNECT_TIMEOUT_MS = 2_000;
const RECONNECT_MS_MAX = 1_000;

/**
 * The command connection. It never queues for a Redis that is not there: without a connection, and after a call
 * has timed out until something answers again, calls fail at once. So a frozen Redis costs the calls of the
 * first time limit, no memory and no waiting after that; and as long as the connection stays, order is kept.
 */
export class Link {
  readonly #redis: Redis;
  readonly #options: LinkOptions;
  readonly #firstTry: Promise<void>;
  readonly #watch: NodeJS.Timeout;
  #isFirstTry = true;
  #silentSinceMs: number | null = null;
  #unreadySinceMs: number;

  constructor(options: LinkOptions) {
    this.#options = options;
    this.#unreadySinceMs = options.clock.monotonicMs();
    this.#redis = new Redis(options.url, buildConnectionOptions(options.connectionName));
    this.#redis.on('error', (error: Error) => options.logger.debug({ err: error }, 'redis connection error'));
    this.#redis.on('ready', () => this.#noteReady());
    this.#redis.on('close', () => this.#noteClose());
    this.#firstTry = new Promise((resolve) => {
      this.#redis.once('ready', resolve);
      this.#redis.once('close', resolve);
    });
    void this.#firstTry.then(() => (this.#isFirstTry = false));
    this.#watch = setInterval(() => this.#checkSilence(), WATCH_MS);
    this.#watch.unref();
  }

  /** True when a call would be sent. */
  get isUsable(): boolean {
    return this.#redis.status === 'ready' && this.#silentSinceMs === null;
  }

  /** True during the first connection attempt, when calls wait for its outcome. */
  get isOpening(): boolean {
    return this.#isFirstTry;
  }

  /** Resolves when the first connection attempt has an outcome, good or bad. */
  get opened(): Promise<void> {
    return this.#firstTry;
  }

  /**
   * Sends the calls in one write. Resolves with one reply a call, in order, whenever Redis answers or the
   * connection is lost: the time limit is the caller's. Never rejects. null = nothing was sent.
   */
  send(calls: readonly Call[]): Promise<Reply[]> | null {
    if (!this.isUsable) return null;
    return this.#sendKnown(calls);
  }

  /** One call with the time limit. Rejects with StoreUnavailableError. */
  async request(call: Call): Promise<unknown> {
    const [reply] = await this.requestAll([call]);
    if (!reply) throw new StoreUnavailableError('no reply');
    if ('fault' in reply) throw reply.fault;
    return reply.value;
  }

  /** Several calls in one write, with the time limit over all of them. */
  async requestAll(calls: readonly Call[]): Promise<Reply[]> {
    const timeout = this.#startTimeout();
    try {
      if (this.isOpening) await Promise.race([this.#firstTry, timeout.expired]);
      const sent = this.send(calls);
      if (!sent) throw new StoreUnavailableError('Redis is not there');
      return await Promise.race([sent, timeout.expired]);
    } finally {
      clearTimeout(timeout.timer);
    }
  }

  /** A call did not come back in time: nothing more is sent until something does. */
  noteTimeout(): void {
    if (this.#silentSinceMs !== null || this.#redis.status !== 'ready') return;
    this.#silentSinceMs = this.#options.clock.monotonicMs();
    this.#options.logger.warn({}, 'redis does not answer in time');
  }

  close(): void {
    clearInterval(this.#watch);
    this.#redis.disconnect();
  }

  async #sendKnown(calls: readonly Call[]): Promise<Reply[]> {
    const replies = await this.#pipeline(calls, false);
    const unknown = calls.flatMap((_call, index) => (isUnknownScript(replies[index]) ? [index] : []));
    if (unknown.length === 0) return replies;
    // NOSCRIPT: Redis was restarted or flushed. Nothing ran, so the same calls go again, with their source.
    const again = await this.#pipeline(
      calls.filter((_call, index) => unknown.includes(index)),
      true,
    );
    for (const [position, index] of unknown.entries()) replies[index] = again[position] ?? LOST;
    return replies;
  }

  async #pipeline(calls: readonly Call[], withSource: boolean): Promise<Reply[]> {
    const [only] = calls;
    if (only !== undefined && calls.length === 1) return [await this.#callOne(only, withSource)];
    const commands = calls.map((call) => buildCommand(call, withSource));
    try {
      const results = (await this.#redis.pipeline(commands).exec()) ?? [];
      const replies = calls.map((_call, index) => parseReply(results[index]));
      if (replies.some(isAnswer)) this.#noteAnswer();
      return replies;
    } catch (error) {
      return calls.map(() => ({ fault: new StoreUnavailableError('Redis is not there', { cause: error }) }));
    }
  }

  /** A pipeline of one costs more than its command. */
  async #callOne(call: Call, withSource: boolean): Promise<Reply> {
    const [command, ...args] = buildCommand(call, withSource) as [string, ...(string | number)[]];
    const reply = await this.#redis.call(command, ...args).then(
      (value): Reply => ({ value }),
      (error: Error) => parseReply([error, undefined]),
    );
    if (isAnswer(reply)) this.#noteAnswer();
    return reply;
  }

  #startTimeout(): { timer: NodeJS.Timeout; expired: Promise<never> } {
    const { promise, reject } = Promise.withResolvers<never>();
    const timer = setTimeout(() => {
      this.noteTimeout();
      reject(new StoreUnavailableError(`Redis did not answer within ${this.#options.callTimeoutMs} ms`));
    }, this.#options.callTimeoutMs);
    promise.catch(() => {}); // when nobody races against it any more
    return { timer, expired: promise };
  }

  #noteReady(): void {
    this.#silentSinceMs = null;
    this.#options.logger.info({}, 'redis is connected');
    this.#options.onUsable();
  }

  #noteAnswer(): void {
    if (this.#silentSinceMs === null) return;
    this.#silentSinceMs = null;
    this.#options.logger.info({}, 'redis answers again');
    this.#options.onUsable();
  }

  #noteClose(): void {
    this.#silentSinceMs = null;
    this.#unreadySinceMs = this.#options.clock.monotonicMs();
  }

  /** Also catches a connection that was accepted by a frozen server and never became ready. */
  #checkSilence(): void {
    const sinceMs = this.#redis.status === 'ready' ? this.#silentSinceMs : this.#unreadySinceMs;
    const nowMs = this.#options.clock.monotonicMs();
    if (sinceMs === null || nowMs - sinceMs < SILENCE_MAX_MS) return;
    this.#unreadySinceMs = nowMs;
    this.#redis.disconnect(true);
  }
}

const LOST: Reply = { fault: new StoreUnavailableError('the reply was lost') };

/** Options that command and subscriber connections share: no offline queue, no re-sending, quick reconnects. */
export function buildConnectionOptions(connectionName: string) {
  return {
    connectionName,
    protocol: 2 as const,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: (tries: number) => Math.min(25 * 2 ** Math.min(tries, 10), RECONNECT_MS_MAX),
    // A primary that became a replica: reconnect, so that a failover address leads to the new one.
    reconnectOnError: (error: Error) => error.message.startsWith('READONLY'),
  };
}

function buildCommand(call: Call, withSource: boolean): (string | number)[] {
  if (!('script' in call)) return [call.command, ...call.args];
  const { script, keys, args } = call;
  return [withSource ? 'eval' : 'evalsha', withSource ? script.source : script.sha, keys.length].concat(
    keys as string[],
    args as (string | number)[],
  );
}

function parseReply(result: [error: Error | null, value: unknown] | undefined): Reply {
  if (!result) return LOST;
  const [error, value] = result;
  return error ? { fault: new StoreUnavailableError(error.message, { cause: error }) } : { value };
}

function isUnknownScript(reply: Reply | undefined): boolean {
  return reply !== undefined && 'fault' in reply && reply.fault.message.startsWith('NOSCRIPT');
}

/** Redis spoke, even if only to refuse. */
function isAnswer(reply: Reply): boolean {
  return 'value' in reply || (reply.fault.cause instanceof Error && reply.fault.cause.name === 'ReplyError');
}
