import type { PicoUsd } from './money.ts';
import type { AccountId, GroupId, KeyId, SubscriptionId, UserId } from './ids.ts';
import type { KeyWindow, SubscriptionWindow } from './purse-windows.ts';
import type { GroupSnapshot, KeySnapshot, PoolSnapshot } from './snapshots.ts';

/** Where snapshots come from when no cache has them: Postgres, through packages/db. Faults reject. */
export interface SnapshotSource {
  /** `keyHash`: SHA-256 of the key, hex. null = there is no such key. */
  loadKey(keyHash: string): Promise<KeySnapshot | null>;
  /** A fallback group, which the key's own snapshot does not hold (SEL-6). null = there is no such group. */
  loadGroup(groupId: GroupId): Promise<GroupSnapshot | null>;
  /** An unknown group gives an empty pool. */
  loadPool(groupId: GroupId): Promise<PoolSnapshot>;
  /**
   * What the books say of all that a request may be paid from. Attempts that are still in a journal are not in it.
   * `subscriptionId`: null = no subscription is asked for. Whoever is gone has nothing, and has spent nothing.
   */
  loadPurses(userId: UserId, keyId: KeyId, subscriptionId: SubscriptionId | null): Promise<LoadedPurses>;
}

export interface LoadedPurses {
  balance: PicoUsd;
  key: Record<KeyWindow, WindowUse>;
  /** null = none was asked for, or it is gone. */
  subscription: Record<SubscriptionWindow, WindowUse> | null;
}

/** A window may be over: then what was spent in it no longer counts. */
export interface WindowUse {
  spent: PicoUsd;
  /** ms since 1970 UTC; null = none has begun, or it is a quota. */
  startMs: number | null;
}

/** LIM-10: how long a period of the token quota is. */
export const TOKEN_QUOTA_PERIOD_MS = 7 * 86_400_000;

export interface TokenQuota {
  /** Tokens a period; 0 = no quota. */
  limit: number;
  /** Tokens booked in the present period. */
  usage: number;
  /** ms since 1970 UTC; null = no period has begun, so a reset is due. */
  lastResetAtMs: number | null;
}

/** The row behind a user's token quota: Postgres, through packages/db. Faults reject. */
export interface TokenQuotaSource {
  /** null = there is no such user. */
  read(userId: UserId): Promise<TokenQuota | null>;
  /**
   * Begins a new period at `nowMs` if the old one is over at that moment (`lastResetAtMs` null, or a period ago
   * or more), and gives the row as it is then, whoever reset it. Of several callers at once one resets.
   */
  resetIfDue(userId: UserId, nowMs: number): Promise<TokenQuota | null>;
}

/** LIM-8: what an account has cost according to the bills, to seed a figure that the store has lost. Faults reject. */
export interface WindowCostSource {
  /** Standard cost of all attempts on the account that were opened at `startMs` or later. */
  sumWindowCost(accountId: AccountId, startMs: number): Promise<PicoUsd>;
}

/** MON-2: the stored price books: Postgres, through packages/db. Faults reject. */
export interface PriceSource {
  /** The version in force; null = none is stored, so the built-in list is. */
  loadVersionInForce(): Promise<string | null>;
  /** The price list of a version as it was stored, JSON text; null = there is no such version. */
  loadPrices(version: string): Promise<string | null>;
}
