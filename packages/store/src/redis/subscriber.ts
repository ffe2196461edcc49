import type { AccountId, Invalidation, Logger } from '@tollgate/core';
import { Redis } from 'ioredis';
import { AppliedNumbers } from '../applied-numbers.ts';
import { tellListeners, tellRefresh, type InvalidationListener, type RefreshListener } from '../listener.ts';
import { parseInvalidationMessage } from '../parse-invalidations.ts';
import { StoreUnavailableError } from '../port.ts';
import { buildConnectionOptions } from './link.ts';

export interface SubscriberOptions {
  /** Of one Redis, or of nodes of a Cluster, where a message reaches every node; tried in turn. */
  urls: readonly [string, ...string[]];
  connectionName: string;
  channel: string;
  /** Where this node hears of its tickets. */
  inbox: string;
  /** Where wishes for new tokens are heard; only who listens for them subscribes. */
  refreshChannel: string;
  logger: Logger;
  /** The number of the last message, over another connection. Rejects when Redis is not there. */
  readNumber(): Promise<number>;
  /** What became of tickets: entries of lua/includes/tell-node.lua, unchecked. */
  onNews(news: readonly unknown[]): void;
  /** Messages are heard from here on; earlier ones may have been missed. */
  onLive(): void;
  /** The message of this number and all before are in force with every listener. */
  onApplied(number: number): void;
}

const ALL: readonly Invalidation[] = [{ scope: 'all' }];

/**
 * Listens for invalidations on a connection of its own and watches their numbers. Whenever a message may have
 * been missed (a gap, a text it does not understand, a new connection, a number that moved without a message)
 * the listeners hear `all` once.
 */
export class Subscriber {
  readonly #options: SubscriberOptions;
  readonly #listeners = new Set<InvalidationListener>();
  readonly #refreshListeners = new Set<RefreshListener>();
  readonly #waiting = new Set<PromiseWithResolvers<void>>();
  readonly #applied: AppliedNumbers;
  #redis: Redis | null = null;
  #isLive = false;
  #wasLive = false;
  #isStuck = false;
  /** Of the last message that listeners know of; null = nobody can tell what they have missed. */
  #lastNumber: number | null = null;
  /** What the last look-up found ahead of us: seen twice, the message is lost and not just on its way. */
  #aheadNumber: number | null = null;

  constructor(options: SubscriberOptions) {
    this.#options = options;
    this.#applied = new AppliedNumbers((number) => options.onApplied(number));
  }

  /** Connects, unless it has: for who only wants to hear of tickets. */
  open(): void {
    this.#redis ??= this.#connect();
  }

  /** Resolves when the subscription is live; rejects when the store is closed before that. */
  async subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>> {
    // A wrapper, so that the same function may subscribe twice and end once.
    const listener: InvalidationListener = (invalidation) => onInvalidation(invalidation);
    this.#listeners.add(listener);
    this.open();
    if (!this.#isLive) await this.#waitUntilLive();
    return async () => void this.#listeners.delete(listener);
  }

  /** As `subscribe`, for wishes for new tokens. */
  async listenForRefreshes(onRequest: RefreshListener): Promise<() => Promise<void>> {
    // A wrapper, so that the same function may listen twice and end once.
    const listener: RefreshListener = (accountId) => onRequest(accountId);
    this.#refreshListeners.add(listener);
    this.open();
    if (!this.#isLive) await this.#waitUntilLive();
    // A connection that is lost meanwhile comes back with this channel.
    else await this.#redis?.subscribe(this.#options.refreshChannel).catch(() => this.#waitUntilLive());
    return async () => void this.#refreshListeners.delete(listener);
  }

  /**
   * Compares our number with the store's. Finds what pub/sub alone would never show: a connection that died
   * without a word, a message that was lost on its way.
   */
  async check(): Promise<void> {
    if (!this.#isLive) return;
    const number = await this.#options.readNumber().catch(() => null);
    if (number === null || !this.#isLive) return;
    if (this.#lastNumber === null) this.#catchUp(number);
    else if (number === this.#lastNumber) this.#aheadNumber = null;
    else if (this.#aheadNumber === null) this.#aheadNumber = this.#lastNumber;
    else if (this.#aheadNumber === this.#lastNumber) this.#startAnew();
    else this.#aheadNumber = this.#lastNumber;
  }

  /** A connection that was opened and does not come alive between two calls is given up. */
  retryStuck(): void {
    const isOpen = !this.#isLive && (this.#redis?.status === 'connect' || this.#redis?.status === 'ready');
    if (isOpen && this.#isStuck) this.#redis?.disconnect(true);
    this.#isStuck = isOpen && !this.#isStuck;
  }

  close(): void {
    this.#isLive = false;
    this.#redis?.disconnect();
    for (const waiter of this.#waiting) waiter.reject(new StoreUnavailableError('the store is closed'));
    this.#waiting.clear();
    this.#listeners.clear();
    this.#refreshListeners.clear();
  }

  #connect(): Redis {
    const { urls, connectionName, inbox, refreshChannel, logger } = this.#options;
    const options = { ...buildConnectionOptions(connectionName), autoResubscribe: false };
    const redis = new Redis(urls[0], options);
    if (urls.length > 1) this.#moveOnClose(redis);
    redis.on('error', (error: Error) => logger.debug({ err: error }, 'redis subscriber error'));
    redis.on('close', () => {
      this.#isLive = false;
      this.#lastNumber = null;
    });
    redis.on('message', (from: string, text: string) => {
      if (from === inbox) this.#receiveNews(text);
      else if (from === refreshChannel) this.#receiveRefresh(text as AccountId);
      else this.#receive(text);
    });
    redis.on('ready', () => {
      this.#listen(redis).catch(() => redis.disconnect(true));
    });
    return redis;
  }

  async #listen(redis: Redis): Promise<void> {
    const { channel, inbox, refreshChannel } = this.#options;
    const hasWishes = this.#refreshListeners.size > 0;
    await redis.subscribe(channel, inbox, ...(hasWishes ? [refreshChannel] : []));
    if (!hasWishes && this.#refreshListeners.size > 0) await redis.subscribe(refreshChannel);
    // After the subscription: what is published from now on is heard, what was before is in the number.
    const number = await this.#options.readNumber().catch(() => null);
    if (redis.status === 'ready') this.#goLive(number);
  }

  /** The next attempt goes to the next node. */
  #moveOnClose(redis: Redis): void {
    const { urls } = this.#options;
    let tried = 0;
    redis.on('close', () => {
      tried += 1;
      const { hostname, port } = new URL(urls[tried % urls.length] ?? urls[0]);
      redis.options.host = hostname;
      redis.options.port = Number(port || 6379);
    });
  }

  /** From here on nothing is missed; what was published before is covered by `all`. null = the store did not say. */
  #goLive(number: number | null): void {
    this.#isLive = true;
    this.#aheadNumber = null;
    if (number !== null) this.#catchUp(number);
    else if (this.#wasLive) this.#tell(ALL, null);
    this.#wasLive = true;
    this.#options.onLive();
    this.#wakeWaiting();
  }

  /** All that was published up to this number is in force when everything is forgotten. */
  #catchUp(number: number): void {
    // A message that was heard meanwhile may be ahead of what was read before it.
    this.#lastNumber = Math.max(number, this.#lastNumber ?? 0);
    this.#tell(this.#wasLive ? ALL : [], this.#lastNumber);
  }

  #wakeWaiting(): void {
    for (const waiter of this.#waiting) waiter.resolve();
    this.#waiting.clear();
  }

  #waitUntilLive(): Promise<void> {
    const waiter = Promise.withResolvers<void>();
    this.#waiting.add(waiter);
    return waiter.promise;
  }

  #startAnew(): void {
    this.#options.logger.warn({}, 'invalidations were published and not heard; subscribing anew');
    this.#redis?.disconnect(true);
  }

  /** A text that it does not understand is passed over: the renewal of the tickets finds the same. */
  #receiveNews(text: string): void {
    try {
      const news: unknown = JSON.parse(text);
      if (Array.isArray(news)) this.#options.onNews(news);
    } catch (error) {
      this.#options.logger.warn({ err: error }, 'a message about tickets is no JSON');
    }
  }

  #receiveRefresh(accountId: AccountId): void {
    for (const listener of this.#refreshListeners) tellRefresh(listener, accountId, this.#options.logger);
  }

  #receive(text: string): void {
    const message = parseInvalidationMessage(text);
    if (!message) {
      this.#lastNumber = null;
      this.#tell(ALL, null);
      return;
    }
    const isNext = message.number - 1 === this.#lastNumber;
    this.#lastNumber = message.number;
    this.#tell(isNext ? message.invalidations : ALL, message.number);
  }

  /** `number`: up to where listeners know everything then; null = nobody can tell. */
  #tell(invalidations: readonly Invalidation[], number: number | null): void {
    const running = tellListeners(this.#listeners, invalidations, this.#options.logger);
    if (number !== null) this.#applied.note(number, running);
  }
}
