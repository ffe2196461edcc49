import { Cluster } from 'ioredis';
import { StoreUnavailableError } from '../port.ts';
import type { Call, OnCallReplies, Reply } from './call.ts';
import { selectRetryMs, type LinkOptions } from './link-options.ts';
import { LinkSilence, SILENCE_MAX_MS, WATCH_MS } from './link-silence.ts';
import { buildConnectionOptions, type Link } from './link.ts';

/** What the store needs of a command connection, to one Redis or to a Cluster. */
export type CommandLink = Pick<
  Link,
  | 'isUsable'
  | 'isOpening'
  | 'opened'
  | 'send'
  | 'sendThen'
  | 'request'
  | 'requestAll'
  | 'noteTimeout'
  | 'close'
>;

export interface ClusterLinkOptions extends LinkOptions {
  /** Any nodes of the Cluster; the others are found from them. */
  urls: readonly [string, ...string[]];
}

/** Moved slots and failed-over masters are followed this often before a call counts as failed. */
const REDIRECTIONS_MAX = 8;
const SLOTS_REFRESH_MS = 5_000;

/**
 * The command connections to a Redis Cluster. Each call goes to the master of its keys' hash slot, in the order
 * in which the calls of one tag were sent. As with one Redis nothing queues for a Cluster that is not there: one
 * master that does not answer in time makes all calls fail at once until something answers again.
 */
export class ClusterLink implements CommandLink {
  readonly #cluster: Cluster;
  readonly #options: ClusterLinkOptions;
  readonly #firstTry: Promise<void>;
  readonly #silence: LinkSilence;
  readonly #watch: NodeJS.Timeout;
  #isFirstTry = true;

  constructor(options: ClusterLinkOptions) {
    this.#options = options;
    this.#silence = new LinkSilence(options);
    this.#cluster = new Cluster(options.urls.map(parseNode), {
      redisOptions: { ...buildConnectionOptions(options.connectionName), ...readAccess(options.urls[0]) },
      enableOfflineQueue: false,
      maxRedirections: REDIRECTIONS_MAX,
      slotsRefreshInterval: SLOTS_REFRESH_MS,
      retryDelayOnFailover: 50,
      retryDelayOnClusterDown: 50,
      clusterRetryStrategy: selectRetryMs,
    });
    this.#cluster.on('error', (error: Error) => options.logger.debug({ err: error }, 'redis cluster error'));
    this.#cluster.on('ready', () => this.#noteUsable());
    this.#firstTry = new Promise((resolve) => {
      this.#cluster.once('ready', resolve);
      this.#cluster.once('close', resolve);
      this.#cluster.once('error', () => resolve());
    });
    void this.#firstTry.then(() => (this.#isFirstTry = false));
    this.#watch = setInterval(() => this.#probe(), WATCH_MS).unref();
  }

  get isUsable(): boolean {
    return this.#cluster.status === 'ready' && this.#silence.sinceMs === null;
  }

  get isOpening(): boolean {
    return this.#isFirstTry;
  }

  get opened(): Promise<void> {
    return this.#firstTry;
  }

  send(calls: readonly Call[]): Promise<Reply[]> | null {
    if (!this.isUsable) return null;
    return Promise.all(calls.map((call) => this.#callKnown(call)));
  }

  sendThen(calls: readonly Call[], onReplies: OnCallReplies): boolean {
    const sent = this.send(calls);
    void sent?.then(onReplies);
    return sent !== null;
  }

  async request(call: Call): Promise<unknown> {
    const [reply] = await this.requestAll([call]);
    if (!reply) throw new StoreUnavailableError('no reply');
    if ('fault' in reply) throw reply.fault;
    return reply.value;
  }

  /** One after the other, for they may go to different masters; the time limit is over all of them. */
  async requestAll(calls: readonly Call[]): Promise<Reply[]> {
    const ask = async (expired: Promise<never>): Promise<Reply[]> => {
      if (this.isOpening) await Promise.race([this.#firstTry, expired]);
      const replies: Reply[] = [];
      for (const call of calls) {
        const sent = this.send([call]);
        if (!sent) throw new StoreUnavailableError('Redis is not there');
        replies.push(...(await Promise.race([sent, expired])));
      }
      return replies;
    };
    return this.#silence.limit(ask, () => this.noteTimeout());
  }

  noteTimeout(): void {
    if (this.#cluster.status === 'ready') this.#silence.begin();
  }

  close(): void {
    clearInterval(this.#watch);
    this.#cluster.disconnect();
  }

  async #callKnown(call: Call): Promise<Reply> {
    const reply = await this.#callOne(call, false);
    // NOSCRIPT: this master has not seen the script. Nothing ran, so the same call goes again, with its source.
    const isUnknown = 'fault' in reply && reply.fault.message.startsWith('NOSCRIPT');
    return isUnknown ? this.#callOne(call, true) : reply;
  }

  async #callOne(call: Call, withSource: boolean): Promise<Reply> {
    const [command, ...args] = buildCommand(call, withSource);
    try {
      const value: unknown = await this.#cluster.call(String(command), ...args);
      this.#noteAnswer();
      return { value };
    } catch (error) {
      const cause = error as Error;
      if (cause.name === 'ReplyError') this.#noteAnswer();
      return { fault: new StoreUnavailableError(cause.message, { cause }) };
    }
  }

  #noteUsable(): void {
    this.#silence.end();
    this.#options.logger.info({}, 'redis cluster is connected');
    this.#options.onUsable();
  }

  #noteAnswer(): void {
    if (this.#silence.end()) this.#noteUsable();
  }

  /** While silent nothing is sent that could end the silence but this; and connections silent for long are renewed. */
  #probe(): void {
    const { sinceMs } = this.#silence;
    if (sinceMs === null || this.#cluster.status !== 'ready') return;
    const isLong = this.#options.clock.monotonicMs() - sinceMs >= SILENCE_MAX_MS;
    const masters = this.#cluster.nodes('master');
    if (isLong) for (const node of masters) node.disconnect(true);
    void Promise.all(masters.map((node) => node.ping())).then(
      () => this.#noteAnswer(),
      () => {},
    );
  }
}

function buildCommand(call: Call, withSource: boolean): (string | number)[] {
  if (!('script' in call)) return [call.command, ...call.args];
  const { script, keys, args } = call;
  const head = withSource ? ['eval', script.source] : ['evalsha', script.sha];
  return [...head, keys.length, ...keys, ...args];
}

function parseNode(url: string): { host: string; port: number } {
  const { hostname, port } = new URL(url);
  return { host: hostname, port: Number(port || 6379) };
}

/** User, password and TLS of the first URL go for every node. */
function readAccess(url: string): { username?: string; password?: string; tls?: object } {
  const { username, password, protocol } = new URL(url);
  return {
    ...(username === '' ? {} : { username: decodeURIComponent(username) }),
    ...(password === '' ? {} : { password: decodeURIComponent(password) }),
    ...(protocol === 'rediss:' ? { tls: {} } : {}),
  };
}
