import type { AccountId, UserId } from '@tollgate/core';
import type { SlotHolder, WindowName } from '../port.ts';

/** What keeps a lease: a slot, or a hold that goes with none. */
export type LeaseHolder = SlotHolder | { kind: 'hold'; userId: UserId };

/** What a prefix may not hold: braces would move the hash tag. */
const PREFIX_SHAPE = /^[^{}]*$/;

/**
 * A queue of those who wait for slots. Its register is what run-turn.lua is given; the script spells the other keys
 * from it, with the same hash tag (see lua/includes/spell-queue.lua).
 */
export interface QueueName {
  tag: string;
  register: string;
  /** '' = the user's; else the account's id. */
  name: string;
}

/**
 * The one place that spells Redis keys. The part in braces is the hash tag: all keys of one script call share
 * it where `isCluster` is set, so every call stays on one node of a Redis Cluster.
 *
 * | family | key | lost on FLUSHALL or eviction |
 * |---|---|---|
 * | slots of users and keys | `{u:<user>}:slots`, `{u:<user>}:slots:<key>` | running requests are not counted; their ends change nothing; full limits again for new ones |
 * | fixed windows of requests and tokens | `{u:<user>}:rpm`, `:tpm`, `…:rpm:k:<key>`, `…:rpm:g:<group>` | the present minute starts anew |
 * | sliding windows | `{u:<user>}:rps`, `:tps`, `…:k:<key>`, `…:g:<group>` | the last minute is forgotten |
 * | token quota flag | `{u:<user>}:quota` | the next request asks Postgres, and is refused again |
 * | nodes that live, and their words | `{inv}:nodes`, `{inv}:words` | each is back with its next heartbeat; till then a node divides by fewer |
 * | purses of users, seed token | `{u:<user>}:purses`, `{u:<user>}:seeds` | loaded anew with the next request |
 * | holds, their own leases | `{u:<user>}:holds`, `{u:<user>}:own` | running requests hold nothing: they may overdraw by what they cost; their ends change the figures rightly |
 * | lost holds, index of who may have some | `{u:<user>}:lost`, `:lostn`, `{hold}:holders` | attempts of killed nodes stay open until somebody looks |
 * | slots of accounts, order of use | `{acc}:slots:<account>`, `{acc}:seq`, `{acc}:lru` | as slots; the order starts anew |
 * | states of accounts | `{acc}:states`, `{acc}:version`, `{acc}:health:<account>` | every account is clean: a bad one is found bad again by its next attempts; versions go on rising |
 * | bindings of sessions | `{acc}:sticky:<name>`, `{acc}:stickies` (their ends) | sessions are bound anew, once without their prompt cache |
 * | sessions of accounts | `{acc}:sess:<account>` | accounts may get up to twice their sessions until the old ones end |
 * | window cost, seed token | `{acc}:wcost:<account>`, `{acc}:wseed:<account>` | loaded anew with the next request that needs it |
 * | upstream windows | `{acc}:windows` | shown again with the next answer of each account |
 * | queues of users and accounts | `{u:<user>}:qo`, `:qt`, `:qx`, `{acc}:qo:<account>`, …; register `{u:<user>}:waiting`, `{acc}:waiting` | whoever waits hears within a second that its place is lost; nobody is held up by it |
 * | L2 snapshots, message number | `{inv}:snap:<name>`, `{inv}:n`, `{inv}:wide` | loaded anew; every node drops its L1 at the next message |
 */
export class Keys {
  readonly #prefix: string;
  readonly #users = new Map<string, UserKeys>();
  readonly #accounts = new Map<string, string>();
  /** Each operation asks for several keys of one user. */
  #lastUserId = '';
  #lastUser: UserKeys;
  readonly accountTag: string;
  readonly accountRegister: string;
  readonly accountSequence: string;
  readonly accountOrder: string;
  readonly accountStates: string;
  readonly accountVersion: string;
  readonly upstreamWindows: string;
  /** Names of sticky bindings by their end. */
  readonly stickies: string;
  readonly messageNumber: string;
  readonly wideNumber: string;
  readonly channel: string;
  readonly nodes: string;
  /** What each of them says of itself. */
  readonly nodeWords: string;
  /** Which node may hold money of which user. */
  readonly holders: string;
  readonly holdersTag: string;
  /** Where account ids are heard whose tokens are to be refreshed. */
  readonly refreshChannel: string;

  /** Throws RangeError on a prefix with braces. */
  constructor(prefix: string) {
    if (!PREFIX_SHAPE.test(prefix)) throw new RangeError(`a key prefix has no braces: ${prefix}`);
    this.#prefix = prefix;
    this.#lastUser = this.#spellUser('');
    this.accountTag = `${prefix}{acc}`;
    this.accountRegister = `${prefix}{acc}:waiting`;
    this.accountSequence = `${prefix}{acc}:seq`;
    this.accountOrder = `${prefix}{acc}:lru`;
    this.accountStates = `${prefix}{acc}:states`;
    this.accountVersion = `${prefix}{acc}:version`;
    this.upstreamWindows = `${prefix}{acc}:windows`;
    this.stickies = `${prefix}{acc}:stickies`;
    this.messageNumber = `${prefix}{inv}:n`;
    this.wideNumber = `${prefix}{inv}:wide`;
    this.channel = `${prefix}{inv}:news`;
    this.nodes = `${prefix}{inv}:nodes`;
    this.nodeWords = `${prefix}{inv}:words`;
    this.holdersTag = `${prefix}{hold}`;
    this.holders = `${prefix}{hold}:holders`;
    this.refreshChannel = `${prefix}{inv}:refresh`;
  }

  /** What an operation on a user's limits or money asks for again and again: it looks it up once. */
  user(userId: string): UserKeys {
    if (userId === this.#lastUserId) return this.#lastUser;
    this.#lastUser = this.#users.get(userId) ?? this.#spellUser(userId);
    this.#lastUserId = userId;
    return this.#lastUser;
  }

  userTag(userId: string): string {
    return this.user(userId).tag;
  }

  /** The queue of those who wait for the holder's slots; a key's wait in its user's. */
  queue(holder: SlotHolder): QueueName {
    if (holder.kind === 'account') {
      return { tag: this.accountTag, register: this.accountRegister, name: holder.accountId };
    }
    const { tag, register } = this.user(holder.userId);
    return { tag, register, name: '' };
  }

  /** Where a node hears of its tickets. */
  inbox(nodeId: string): string {
    return `${this.#prefix}{inv}:node:${nodeId}`;
  }

  holderTag(holder: LeaseHolder): string {
    return holder.kind === 'account' ? this.accountTag : this.userTag(holder.userId);
  }

  /** Of those who wait for the holder's slots. */
  register(holder: SlotHolder): string {
    return holder.kind === 'account' ? this.accountRegister : this.user(holder.userId).register;
  }

  slots(holder: LeaseHolder): string {
    if (holder.kind === 'account') return this.accountSlots(holder.accountId);
    if (holder.kind === 'hold') return `${this.userTag(holder.userId)}:own`;
    const own = this.user(holder.userId).slots;
    return holder.kind === 'user' ? own : `${own}:${holder.keyId}`;
  }

  accountSlots(accountId: AccountId): string {
    const known = this.#accounts.get(accountId);
    if (known !== undefined) return known;
    return remember(this.#accounts, accountId, `${this.accountTag}:slots:${accountId}`);
  }

  /** Strikes and breaker of one account. */
  accountHealth(accountId: AccountId): string {
    return `${this.accountTag}:health:${accountId}`;
  }

  sticky(name: string): string {
    return `${this.accountTag}:sticky:${name}`;
  }

  sessions(accountId: AccountId): string {
    return `${this.accountTag}:sess:${accountId}`;
  }

  windowCost(accountId: AccountId): string {
    return `${this.accountTag}:wcost:${accountId}`;
  }

  windowCostSeed(accountId: AccountId): string {
    return `${this.accountTag}:wseed:${accountId}`;
  }

  window({ subject, unit, shape }: WindowName): string {
    const own = this.user(subject.userId)[WINDOW_FAMILIES[unit][shape]];
    if (subject.kind === 'user') return own;
    return subject.kind === 'key' ? `${own}:k:${subject.keyId}` : `${own}:g:${subject.groupId}`;
  }

  tokenQuota(userId: UserId): string {
    return `${this.userTag(userId)}:quota`;
  }

  purses(userId: UserId): string {
    return this.user(userId).purses;
  }

  seedToken(userId: UserId): string {
    return `${this.userTag(userId)}:seeds`;
  }

  snapshot(name: string): string {
    return `${this.#prefix}{inv}:snap:${name}`;
  }

  #spellUser(userId: string): UserKeys {
    const tag = `${this.#prefix}{u:${userId}}`;
    return remember(this.#users, userId, {
      tag,
      register: `${tag}:waiting`,
      slots: `${tag}:slots`,
      rpm: `${tag}:rpm`,
      tpm: `${tag}:tpm`,
      rps: `${tag}:rps`,
      tps: `${tag}:tps`,
      purses: `${tag}:purses`,
    });
  }
}

const WINDOW_FAMILIES = {
  requests: { fixed: 'rpm', sliding: 'rps' },
  tokens: { fixed: 'tpm', sliding: 'tps' },
} as const;

/** Spelled once and kept: each request needs all of them, twice. */
export interface UserKeys {
  tag: string;
  /** Of those who wait for its slots. */
  register: string;
  slots: string;
  rpm: string;
  tpm: string;
  rps: string;
  tps: string;
  /** The script spells what else there is of a user's money from it (see lua/includes/purses.lua). */
  purses: string;
}

/** Owners whose keys are kept; all are forgotten when one more comes. */
const OWNERS_MAX = 20_000;

function remember<Value>(kept: Map<string, Value>, owner: string, value: Value): Value {
  if (kept.size >= OWNERS_MAX) kept.clear();
  kept.set(owner, value);
  return value;
}
