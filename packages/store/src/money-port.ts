import type {
  KeyId,
  KeyWindow,
  LeaseId,
  PicoUsd,
  SubscriptionId,
  SubscriptionWindow,
  UserId,
} from '@tollgate/core';

/** The part of the store that is about money: what a request may spend, and what running ones may come to cost. */
export interface MoneyStore {
  /**
   * Sets the figures that admission uses, where there are none (it does not overwrite). Running holds count on top
   * of them. All figures of a user live until `ttlMs` after the first of them was set, then they are asked for anew.
   *
   * `seedToken` is the one that `purses-unknown` gave *before* the figures were loaded. The seed of a purse is a
   * no-op when the token is spent for it: somebody else has seeded it, the figures were invalidated since, or
   * {@link SEED_TOKEN_TTL_MS} have passed. So a balance read before a top-up can never win after it.
   */
  seedPurses(userId: UserId, seeds: readonly PurseSeed[], ttlMs: number, seedToken: string): Promise<void>;
  /**
   * In one step: the hold is gone, and each of its purses has moved by `cost`, as far as its figure is known. Throws RangeError on
   * a cost below 0.
   * Windows that are over, or have not begun, begin at this moment where there is a cost. Batched with the turn's
   * other calls: call it before the release of the lease that keeps the hold. The first call counts, also for a hold that has expired;
   * later ones do nothing. One that may have been lost on the way is never sent twice: the user's figures are
   * dropped instead, as soon as the store is back.
   */
  settleHold(hold: Hold, cost: PicoUsd): void;
  /** In the same order; null = the figure is not known. */
  readPurses(purses: readonly PurseName[]): Promise<(PurseState | null)[]>;
  /**
   * Holds with a note that expired without settlement, of any node, oldest first for each user: those of killed
   * nodes, found some seconds after their leases are over. They stay listed until they are forgotten or settled after all; of one user at most
   * {@link LOST_HOLDS_MAX}, then the oldest go, counted in the log.
   */
  listLostHolds(limit: number): Promise<LostHold[]>;
  forgetLostHolds(ids: readonly LostHold['id'][]): Promise<void>;
}

/** An amount of a user's that admission checks and holds from. */
export type PurseName =
  /** What there is. */
  | { kind: 'balance'; userId: UserId }
  /** What is spent in a window that begins with its first use (MON-9). */
  | { kind: 'subscription'; userId: UserId; subscriptionId: SubscriptionId; window: SubscriptionWindow }
  /** The same of a key (LIM-9); `total` never ends. */
  | { kind: 'key'; userId: UserId; keyId: KeyId; window: KeyWindow };

export interface MoneyRequest {
  /** MON-4: held in each purse until it is settled; ≥ 0. 0 only checks that something is there. */
  hold: PicoUsd;
  /** Each at most once, all of the user who asks. */
  purses: readonly PurseLimit[];
  /** Written down with the hold for whoever finds it expired; at most {@link NOTE_LENGTH_MAX}. null = nobody is to. */
  note: string | null;
}

export interface PurseLimit {
  purse: PurseName;
  /** null for `balance` alone: it is its own limit. */
  limit: PicoUsd | null;
}

/**
 * What a running request may come to cost. Opaque: for `settleHold`. Lives as long as the lease that it goes with:
 * that of the user's slot, or its own, which the store's heartbeat renews, where no slot was asked for.
 */
export interface Hold {
  readonly id: LeaseId;
  readonly userId: UserId;
  readonly amount: PicoUsd;
  readonly purses: readonly PurseName[];
  /** What keeps it; `nothing` = the store has no record of it. */
  readonly keptBy: 'slot' | 'itself' | 'nothing';
}

/** Why money keeps a request out. Of several purses the one that refuses longest. */
export interface MoneyRefusal {
  purse: PurseName;
  /** Until its window is over; null = it does not come back by itself. */
  retryAfterMs: number | null;
  /** It is only held, by requests that run or wait: some of it may be back any moment. */
  isHeld: boolean;
}

export interface PurseSeed {
  purse: PurseName;
  /** Of the balance what there is, of a window what is spent in the present one. */
  amount: PicoUsd;
  /** When the present window began, ms since 1970; null = none has: the next settlement begins it. */
  startMs: number | null;
}

export interface PurseState {
  /** Of the balance what there is, of a window what is spent in the present one. */
  amount: PicoUsd;
  /** By running requests. */
  held: PicoUsd;
  startMs: number | null;
}

export interface LostHold {
  /** For `forgetLostHolds`. */
  id: string;
  userId: UserId;
  amount: PicoUsd;
  purses: PurseName[];
  note: string;
  /** When it was found, ms of the store's clock. */
  foundAtMs: number;
}

/** A balance that takes longer than this to load is not seeded. */
export const SEED_TOKEN_TTL_MS = 60_000;
export const NOTE_LENGTH_MAX = 1_024;
/** Of one user. */
export const LOST_HOLDS_MAX = 1_000;
