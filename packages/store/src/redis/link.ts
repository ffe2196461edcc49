import { StoreUnavailableError } from '../port.ts';
import type { Call, OnCallReplies, Reply } from './call.ts';
import { selectRetryMs, type LinkOptions } from './link-options.ts';
import { LinkSilence, SILENCE_MAX_MS, WATCH_MS } from './link-silence.ts';
import { mapReply, isAnswer, isUnknownScript } from './map-reply.ts';
import { RespClient } from './resp/resp-client.ts';
import { encodeCalls } from './encode-calls.ts';

export interface SingleLinkOptions extends LinkOptions {
  url: string;
}

const CONNECT_TIMEOUT_MS = 2_000;

/**
 * The command connection. It never queues for a Redis that is not there: without a connection, and after a call
 * has timed out until something answers again, calls fail at once. So a frozen Redis costs the calls of the
 * first time limit, no memory and no waiting after that; and as long as the connection stays, order is kept.
 */
export class Link {
  readonly #client: RespClient;
  readonly #options: SingleLinkOptions;
  readonly #silence: LinkSilence;
  readonly #firstTry = Promise.withResolvers<void>();
  readonly #watch: NodeJS.Timeout;
  #isFirstTry = true;
  #unreadySinceMs: number;
  #lastProblem = '';

  /** Throws RangeError on a URL that is none. */
  constructor(options: SingleLinkOptions) {
    this.#options = options;
    this.#silence = new LinkSilence(options);
    this.#unreadySinceMs = options.clock.monotonicMs();
    this.#client = new RespClient({
      url: options.url,
      connectionName: options.connectionName,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
      retryAfterMs: selectRetryMs,
      onReady: () => this.#noteReady(),
      onClose: (reason) => this.#noteClose(reason),
    });
    this.#watch = setInterval(() => this.#checkSilence(), WATCH_MS);
    this.#watch.unref();
  }

  /** True when a call would be sent. */
  get isUsable(): boolean {
    return this.#client.isReady && this.#silence.sinceMs === null;
  }

  /** True during the first connection attempt, when calls wait for its outcome. */
  get isOpening(): boolean {
    return this.#isFirstTry;
  }

  /** Resolves when the first connection attempt has an outcome, good or bad. */
  get opened(): Promise<void> {
    return this.#firstTry.promise;
  }

  /**
   * Sends the calls in one write. Resolves with one reply a call, in order, whenever Redis answers or the
   * connection is lost: the time limit is the caller's. Never rejects. null = nothing was sent.
   */
  send(calls: readonly Call[]): Promise<Reply[]> | null {
    if (!this.isUsable) return null;
    return new Promise((resolve) => {
      this.sendThen(calls, resolve);
    });
  }

  /** As `send`, without a promise: `onReplies` comes once, later; false = nothing was sent. */
  sendThen(calls: readonly Call[], onReplies: OnCallReplies): boolean {
    if (!this.isUsable) return false;
    return this.#exchange(calls, false, (replies) => {
      if (replies.some(isUnknownScript)) this.#sendAgain(calls, replies, onReplies);
      else onReplies(replies);
    });
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
    const ask = async (expired: Promise<never>): Promise<Reply[]> => {
      if (this.isOpening) await Promise.race([this.opened, expired]);
      const sent = this.send(calls);
      if (!sent) throw new StoreUnavailableError('Redis is not there');
      return Promise.race([sent, expired]);
    };
    return this.#silence.limit(ask, () => this.noteTimeout());
  }

  /** A call did not come back in time: nothing more is sent until something does. */
  noteTimeout(): void {
    if (this.isUsable) this.#silence.begin();
  }

  close(): void {
    clearInterval(this.#watch);
    this.#client.close();
  }

  /** NOSCRIPT: Redis was restarted or flushed. Those calls did not run, so they go again, with their source. */
  #sendAgain(calls: readonly Call[], replies: Reply[], onReplies: OnCallReplies): void {
    const unknown = calls.flatMap((call, index) =>
      isUnknownScript(replies[index]) ? [{ call, index }] : [],
    );
    const again = unknown.map(({ call }) => call);
    const isSent = this.#exchange(again, true, (late) => {
      for (const [position, { index }] of unknown.entries()) replies[index] = late[position] ?? LOST;
      onReplies(replies);
    });
    if (!isSent) onReplies(replies);
  }

  #exchange(calls: readonly Call[], withSource: boolean, onReplies: OnCallReplies): boolean {
    return this.#client.exchange(encodeCalls(calls, withSource), calls.length, (outcomes) => {
      const replies = outcomes.map(mapReply);
      if (replies.some(isAnswer)) this.#noteAnswer();
      onReplies(replies);
    });
  }

  #noteReady(): void {
    this.#silence.end();
    this.#lastProblem = '';
    this.#options.logger.info({}, 'redis is connected');
    this.#endFirstTry();
    this.#options.onUsable();
  }

  #noteAnswer(): void {
    if (!this.#silence.end()) return;
    this.#options.logger.info({}, 'redis answers again');
    this.#options.onUsable();
  }

  #noteClose(reason: Error): void {
    this.#silence.end();
    this.#unreadySinceMs = this.#options.clock.monotonicMs();
    // One warning a problem, not one an attempt.
    const level = reason.message === this.#lastProblem ? 'debug' : 'warn';
    this.#lastProblem = reason.message;
    this.#options.logger[level]({ err: reason }, 'redis is not connected');
    this.#endFirstTry();
  }

  #endFirstTry(): void {
    this.#isFirstTry = false;
    this.#firstTry.resolve();
  }

  /** Also catches a connection that was accepted by a frozen server and never became ready. */
  #checkSilence(): void {
    const sinceMs = this.#client.isReady ? this.#silence.sinceMs : this.#unreadySinceMs;
    const nowMs = this.#options.clock.monotonicMs();
    if (sinceMs === null || nowMs - sinceMs < SILENCE_MAX_MS) return;
    this.#unreadySinceMs = nowMs;
    this.#client.reconnect('Redis is silent');
  }
}

const LOST: Reply = { fault: new StoreUnavailableError('the reply was lost') };

/** Options of the subscriber's connection: no offline queue, no re-sending, quick reconnects. */
export function buildConnectionOptions(connectionName: string) {
  return {
    connectionName,
    protocol: 2 as const,
    enableOfflineQueue: false,
    autoResendUnfulfilledCommands: false,
    maxRetriesPerRequest: 0,
    connectTimeout: CONNECT_TIMEOUT_MS,
    retryStrategy: selectRetryMs,
  };
}
