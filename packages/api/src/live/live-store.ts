import type { AccountId, GroupId, KeyId, PicoUsd, UserId } from '@tollgate/core';

/**
 * What admins see and clear of the state that nodes share; the store of packages/store has these methods. Faults
 * reject with an error of the name StoreUnavailableError.
 */
export interface LiveStore {
  /** Present use of each window, in order, without counting. */
  readWindows(windows: readonly LiveWindow[]): Promise<{ used: number; resetMs: number }[]>;
  /** Requests on and before each slot family, in order. */
  readLoad(holders: readonly LiveHolder[]): Promise<{ running: number; waiting: number }[]>;
  /** States that stand, of these accounts and their models, in no order. */
  listAccountStates(accountIds: readonly AccountId[]): Promise<LiveAccountState[]>;
  /** Forgets state, strikes and breaker figures; with a model only of that model. */
  clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void>;
  listStickyBindings(page: { cursor: string | null; limit: number }): Promise<LiveStickyPage>;
  /** Ends bindings; resolves to how many there were. */
  clearSticky(which: LiveStickySelection): Promise<number>;
  /** Live sessions of each account, in order. */
  countSessions(accountIds: readonly AccountId[]): Promise<number[]>;
  /** In order; null = not known, or the window is over. */
  readWindowCosts(accountIds: readonly AccountId[]): Promise<(LiveWindowCost | null)[]>;
  /** ACC-5, in order. */
  listUpstreamWindows(accountIds: readonly AccountId[]): Promise<LiveUpstreamWindow[][]>;
  /** LIM-10: drops the user's block flag. */
  clearTokenQuota(userId: UserId): Promise<void>;
  /** AUTH-6: gateway nodes that live, and how far each has come. */
  listNodes(): Promise<LiveNodes>;
}

export interface LiveNodes {
  /** Of the last change that was published. */
  number: number;
  nodes: LiveNode[];
}

export interface LiveNode {
  id: string;
  /** null = it has not said anything of itself. */
  about: { startedAtMs: number; version: string; label: string | null; inFlight: number } | null;
  /** The last change that is in force there, with all before it; null = none yet. */
  number: number | null;
  silentMs: number;
}

export type WindowShape = 'fixed' | 'sliding';

export type LiveSubject =
  | { kind: 'user'; userId: UserId }
  | { kind: 'user-group'; userId: UserId; groupId: GroupId }
  | { kind: 'key'; userId: UserId; keyId: KeyId };

export interface LiveWindow {
  subject: LiveSubject;
  unit: 'requests' | 'tokens';
  limit: number;
  shape: WindowShape;
}

export type LiveHolder = { kind: 'user'; userId: UserId } | { kind: 'account'; accountId: AccountId };

export interface LiveAccountState {
  accountId: AccountId;
  /** null = the whole account. */
  upstreamModel: string | null;
  kind: 'rate-limited' | 'overloaded' | 'paused' | 'error' | 'breaker-open';
  reason: string;
  sinceMs: number;
  untilMs: number;
  isProbing: boolean;
}

export interface LiveStickyPage {
  bindings: { name: string; accountId: AccountId; endsInMs: number }[];
  /** null = this was the last page. */
  cursor: string | null;
}

export type LiveStickySelection = { name: string } | { accountId: AccountId } | 'all';

export interface LiveWindowCost {
  startMs: number;
  endMs: number;
  spent: PicoUsd;
}

export interface LiveUpstreamWindow {
  name: string;
  /** Spent part, 0 to 1 and more; null = not said. */
  utilization: number | null;
  resetsAtMs: number | null;
  status: string | null;
}
