import type { AccountId, Invalidation, KeyId, GroupId, UserId } from '@tollgate/core';
import type { AccountStore } from './account-port.ts';
import type { Lease, SlotHolder, Ticket } from './lease.ts';
import type { InvalidationListener } from './listener.ts';
import type { Hold, MoneyRefusal, MoneyRequest, MoneyStore, PurseName } from './money-port.ts';
import type { NodeStore } from './node-port.ts';

export type { Lease, SlotHolder, Ticket, TicketOutcome } from './lease.ts';

/**
 * The state store: everything that nodes share and that can be rebuilt. Two implementations with one
 * contract: `redis/` (Lua, several nodes) and `local/` (in process, one node).
 *
 * Calls of one loop turn travel together: implementations batch them until the end of the turn.
 * Faults (store gone, time-out) reject with StoreUnavailableError; expected outcomes are values.
 */
export interface Store extends AccountStore, MoneyStore, NodeStore {
  /**
   * Admits a request: windows, token quota, money, then user and key slots, all or nothing, in one round trip. With
   * `queue` a request waits that finds no free slot, or money that is there but held: see {@link Ticket}.
   */
  admit(request: AdmitRequest): Promise<AdmitResult>;

  /**
   * Gives leases back. Idempotent, batched with the turn's other calls; never throws and is retried by the
   * implementation until it is done or the lease has expired by itself.
   */
  release(leases: readonly Lease[]): void;

  /** Live leases on a slot family, for display and tests. */
  countSlots(holder: SlotHolder): Promise<number>;
  /** Live leases and waiters of each, for display. A key's waiters stand in its user's queue. */
  readLoad(holders: readonly SlotHolder[]): Promise<SlotLoad[]>;

  /**
   * Settlement: puts the true token figure in place of the estimate, in the same window only; 0 gives it all
   * back. Batched, fire and forget. Once for each admission: the store does not remember.
   */
  correctReservation(reservations: readonly Reservation[], trueCost: number): void;
  /** LIM-3: present use of each, in the same order, without counting. */
  readWindows(windows: readonly WindowName[]): Promise<WindowUse[]>;

  /**
   * LIM-10: refuses the user's requests that ask for it, for so long from now (at least
   * {@link TOKEN_QUOTA_BLOCK_MS_MIN}).
   */
  blockTokenQuota(userId: UserId, forMs: number): Promise<void>;
  clearTokenQuota(userId: UserId): Promise<void>;

  /** L2 of snapshots: opaque strings under the names of snapshot-names.ts. */
  getSnapshot(name: string): Promise<SnapshotRead>;
  /**
   * `generation` is the one that `getSnapshot` gave *before* the value was loaded. The put is a no-op when
   * anything was invalidated since: what was read before a change never lands in L2 after it.
   */
  putSnapshot(name: string, value: string, ttlMs: number, generation: string): Promise<void>;

  /**
   * Drops what the invalidations name (L2 entries, all figures of a user's purses but not the holds, the flag of a
   * token quota), then tells every node.
   * Returns the number of the last message. Numbers rise by one for each message, over all publishers.
   * L2 names follow snapshot-names.ts. A `key` scope drops that key's entry; `user`, `group`, `account`,
   * `price` and `all` cannot list what they touch, so they outdate every L2 entry at once (each costs one load from
   * Postgres when it is next asked for). An empty list sends nothing and returns the present number.
   */
  publish(invalidations: readonly Invalidation[]): Promise<number>;
  /**
   * Calls `onInvalidation` for each message, in order. Whenever one may have been missed (a gap in the numbers, a
   * lost connection, a reconnect) it is called with `{ scope: 'all' }` instead. Resolves when the subscription is
   * live; while the store is gone it waits. The function it gives ends the subscription. A node that has announced
   * itself acknowledges a message when every listener is done with it.
   */
  subscribe(onInvalidation: InvalidationListener): Promise<() => Promise<void>>;

  /**
   * ACC-6: asks whoever refreshes tokens to do so for this account, now. No promise that anybody hears: the answer is
   * the account's invalidation, when its new credentials are there.
   */
  requestTokenRefresh(accountId: AccountId): Promise<void>;
  /**
   * Calls `onRequest` for each such request of any node, also several times for one account. What comes while the
   * store is gone is lost. Resolves and ends as `subscribe` does.
   */
  onTokenRefreshRequest(onRequest: (accountId: AccountId) => void): Promise<() => Promise<void>>;

  /** Nodes that share the store and live, this one included; as last known while the store is gone. */
  readonly nodeCount: number;
  /** LIM-11: what is done with limits because the shared store is away; null = it is there. */
  readonly degraded: DegradedLimits | null;

  /** Round trip to the store; rejects when it is not there. */
  ping(): Promise<void>;
  /** Flushes pending releases and settlements, stops heartbeats, closes connections. */
  close(): Promise<void>;
}

/**
 * LIM-11, while the shared store is away: `local` = this node's share of each limit, `open` = windows and slots are
 * not checked, `closed` = nothing passes. Money and the token quota fail closed in each.
 */
export type DegradedLimits = 'open' | 'local' | 'closed';

export interface AdmitRequest {
  /** Who asks: all that the request names is this user's. */
  userId: UserId;
  /** Checked together; a refused request uses up none of them. */
  windows: readonly WindowLimit[];
  /** What it is paid from; null = money is not checked, and nothing is held. */
  money: MoneyRequest | null;
  /** LIM-10: refuse while the user's block flag is there. */
  checksTokenQuota: boolean;
  /** Slots to take, all or nothing; empty for requests without concurrency (count_tokens). */
  slots: readonly SlotRequest[];
  /**
   * LIM-5: what happens when no slot is free or money is held; null = refused at once. Then `slots` begins with the
   * user's own; a request without slots never waits.
   */
  queue: QueueRequest | null;
}

export interface QueueRequest {
  /** Requests that may wait at the same time, this one included. */
  max: number;
  /** The longest wait. */
  timeoutMs: number;
  /**
   * Called while the request waits and the figures of some of its purses are not known any more: seed them. It keeps
   * its place meanwhile, and is called again as long as they are missing, but not before the promise has settled.
   * Without it the request waits until somebody else's seed.
   */
  onPursesUnknown?(purses: PurseName[], seedToken: string): Promise<void>;
}

/** Who a window belongs to. `user-group` counts one user inside one group. */
export type WindowSubject =
  | { kind: 'user'; userId: UserId }
  | { kind: 'user-group'; userId: UserId; groupId: GroupId }
  | { kind: 'key'; userId: UserId; keyId: KeyId };

/** One counter over a minute. */
export interface WindowName {
  subject: WindowSubject;
  unit: 'requests' | 'tokens';
  /**
   * `fixed`: the clock minute of the store. `sliding`: the last 60 s in buckets of 1 s; never more than the limit
   * in any 60 s. The two count apart.
   */
  shape: 'fixed' | 'sliding';
}

export interface WindowLimit extends WindowName {
  limit: number;
  /** What this request counts: 1 request, or its estimated tokens; ≥ 0. */
  cost: number;
}

export interface WindowUse {
  used: number;
  /** Until nothing of it is left. */
  resetMs: number;
}

/** What an admission has counted in one window of tokens. Opaque: for `correctReservation`. */
export interface Reservation {
  readonly window: WindowName;
  /** Which minute, or which second. */
  readonly stamp: number;
  readonly cost: number;
}

export interface SlotLoad {
  running: number;
  waiting: number;
}

export interface SlotRequest {
  holder: SlotHolder;
  /** ≤ 0 = unlimited: still counted and leased, never refused. */
  max: number;
}

/** What an admission has counted. */
export interface Counted {
  /** The tightest window of each unit after this request; null = no limit of that unit. */
  requests: WindowState | null;
  tokens: WindowState | null;
  /** Of the token windows, for settlement. */
  reservations: Reservation[];
}

export type AdmitResult =
  /** `hold`: null where money was not asked for. */
  | ({ admitted: true; leases: Lease[]; hold: Hold | null } & Counted)
  /**
   * Over the limit of a window. Of several that refuse, the one that refuses longest: after `retryAfterMs` all
   * would let it pass. null = never: it costs more than the limit.
   */
  | {
      admitted: false;
      reason: 'window';
      unit: WindowName['unit'];
      subject: WindowSubject;
      limit: number;
      retryAfterMs: number | null;
    }
  | { admitted: false; reason: 'token-quota'; retryAfterMs: number }
  | { admitted: false; reason: 'slots'; holder: SlotHolder; max: number }
  /** No slot is free, and as many wait as may. */
  | { admitted: false; reason: 'queue-full'; queued: number; max: number }
  /**
   * Counted in its windows; goes when the ticket says so. Without a grant that is used, the ticket gives back
   * what was counted (a lost one may keep it).
   */
  | ({ admitted: false; reason: 'queued'; ticket: Ticket } & Counted)
  /** A purse is used up or too small, or is held and the request does not wait. */
  | ({ admitted: false; reason: 'money' } & MoneyRefusal)
  /** No figure for these purses: seed them, then ask again. */
  | { admitted: false; reason: 'purses-unknown'; purses: PurseName[]; seedToken: string };

/** A window after the request that asked. */
export interface WindowState {
  limit: number;
  /** Never below 0. */
  remaining: number;
  resetMs: number;
}

export interface SnapshotRead {
  /** null = not there, expired or outdated. */
  value: string | null;
  /** Opaque: hand it to putSnapshot with what is loaded now. */
  generation: string;
}

/** A slot lives this long without a heartbeat. */
export const LEASE_TTL_MS = 30_000;
export const HEARTBEAT_MS = 10_000;
/** A place in a queue lives this long without a renewal. */
export const TICKET_TTL_MS = 5_000;
export const TICKET_RENEW_MS = 1_000;
/** The length of every window. */
export const WINDOW_MS = 60_000;
/** LIM-10 */
export const TOKEN_QUOTA_BLOCK_MS_MIN = 30_000;
/** A node that was not heard of for so long does not count. */
export const NODE_TTL_MS = 30_000;

/** The store cannot be reached, or did not answer within its time limit. */
export class StoreUnavailableError extends Error {
  override readonly name = 'StoreUnavailableError';
}
