import type {
  AccountBlockState,
  AccountId,
  AccountReport,
  LeaseId,
  PicoUsd,
  PicoUsdText,
  UpstreamWindow,
  UserId,
} from '@tollgate/core';
import type { Lease, Ticket } from './lease.ts';

/** What nodes share about accounts: slots, health, stickiness, sessions, window cost. */
export interface AccountStore {
  /**
   * Takes one slot on the best account, in one atomic step over all nodes. In order: what a state, LIM-7 or LIM-8
   * keeps out → the sticky account, while it is eligible and has a free slot → the lowest priority number with a
   * free slot, there the lowest load, then the least recently taken, then chance → with `wait` a place in the queue
   * of the best by the same order. The sticky account is waited for before another is taken, while few wait for it.
   */
  takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult>;

  /**
   * What an attempt taught about an account; batched with the turn, fire and forget. Successes are added up for
   * a second. `probe` = the lease of an attempt that was a probe (`isProbe`): its report goes at once, and it
   * alone settles the state that it probed, or says `undecided`, which makes room for the next. Throws RangeError
   * on figures that are no whole numbers.
   */
  reportAccount(report: AccountReport, probe?: LeaseId): void;
  /** States that stand, of these accounts and their models, in no order. */
  listAccountStates(accountIds: readonly AccountId[]): Promise<AccountState[]>;
  /**
   * The admin's "it works again": forgets state, strikes and breaker figures. With a model only what is known
   * about that model on the account; without, all.
   */
  clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void>;

  /** SEL-4: live bindings, those that end last first. A binding that slides while pages are read may be missed. */
  listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage>;
  /** Ends bindings; resolves to how many there were. */
  clearSticky(which: StickySelection): Promise<number>;

  /**
   * Takes a registration of LIM-7 back, because the upstream has not accepted the request. Batched, fire and
   * forget. A no-op when another request of the session has come since.
   */
  releaseSession(registration: SessionRegistration): void;
  /** A stream of this session goes on: its idle time starts anew. Nothing, when it is over. Batched. */
  refreshSession(accountId: AccountId, session: string, idleMs: number): void;
  /** Live sessions of each account, in order. */
  countSessions(accountIds: readonly AccountId[]): Promise<number[]>;
  isSessionActive(accountId: AccountId, session: string): Promise<boolean>;

  /**
   * LIM-8: moves the account's figure by the standard cost of one attempt, if there is a figure and its window
   * is not over. Batched, fire and forget; one that may be lost drops the figure, as with debitBalance.
   */
  addWindowCost(accountId: AccountId, cost: PicoUsd): void;
  /**
   * Sets the figure if there is none. `seedToken` is the one that `window-cost-unknown` gave *before* the figure
   * was loaded; the seed is a no-op when that token is spent or the window is over.
   */
  seedWindowCost(
    accountId: AccountId,
    window: { startMs: number; endMs: number },
    spent: PicoUsd,
    seedToken: string,
  ): Promise<void>;
  /** The figure of each account, in order; null = not known, or its window is over. */
  readWindowCosts(accountIds: readonly AccountId[]): Promise<(WindowCost | null)[]>;

  /**
   * ACC-5: what the upstream says of its windows. Kept by name; batched, the last of a second wins. A `5h`
   * window that ends elsewhere than the cost figure's does drops the figure: it is asked for anew.
   */
  noteUpstreamWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void;
  /** The windows of each account, in order; those that were reset since they were noted are left out. */
  listUpstreamWindows(accountIds: readonly AccountId[]): Promise<UpstreamWindow[][]>;
}

export interface TakeAccountRequest {
  candidates: readonly AccountCandidate[];
  /** Who asks: users that wait for one account share it by weight, 1 to 100. */
  userId: UserId;
  weight: number;
  /** SEL-4: an opaque name, bound to whatever is taken; `ttlMs` slides. null = no session. */
  sticky: { name: string; ttlMs: number } | null;
  /** LIM-7: the session, scoped by key and hashed by the caller; null = none: it is not counted. */
  session: string | null;
  /** SEL-3: how many may wait for one account, and how long; null = never wait. */
  wait: AccountWait | null;
}

export interface AccountWait {
  /** For the account that the session is bound to. */
  stickyMax: number;
  stickyTimeoutMs: number;
  max: number;
  timeoutMs: number;
}

export interface AccountCandidate {
  accountId: AccountId;
  /** Slots; ≤ 0 = unlimited, and load 0. */
  max: number;
  /** Lower goes first. */
  priority: number;
  /** What this account would be asked for: states may be about one model of an account. */
  upstreamModel: string;
  /** LIM-7; 0 = no limit. */
  sessionsMax: number;
  sessionIdleMs: number;
  /** LIM-8, pico-USD: below `limit` open, up to `limit + reserve` sticky sessions only; null = no limit. */
  windowCost: { limit: PicoUsdText; reserve: PicoUsdText } | null;
}

export type TakeAccountResult =
  | {
      taken: true;
      accountId: AccountId;
      lease: Lease;
      /** The session was bound to this account before. */
      isSticky: boolean;
      /** The one attempt that may end a `breaker-open` or `error`: report it with its lease. */
      isProbe: boolean;
      /** Set when this request made the session live on the account (LIM-7). */
      registeredSession: SessionRegistration | null;
      exclusions: AccountExclusion[];
    }
  /**
   * No slot was free: waits for this account's. An account that is kept out while it is waited for loses its tickets:
   * choose anew. `registeredSession` is there already: undo it unless the ticket is granted and used.
   */
  | {
      taken: false;
      reason: 'queued';
      accountId: AccountId;
      ticket: Ticket;
      isSticky: boolean;
      registeredSession: SessionRegistration | null;
      exclusions: AccountExclusion[];
    }
  /** No candidate can go now, and none can be waited for. */
  | { taken: false; reason: 'none'; exclusions: AccountExclusion[] }
  /** These figures are asked for (LIM-8): seed them, then ask again. `seedTokens` in the order of `accountIds`. */
  | { taken: false; reason: 'window-cost-unknown'; accountIds: AccountId[]; seedTokens: string[] };

/** Opaque: for {@link AccountStore.releaseSession}. */
export interface SessionRegistration {
  readonly accountId: AccountId;
  readonly session: string;
  readonly untilMs: number;
}

/** Why a candidate was passed over. Candidates that did not have their turn are not named. */
export interface AccountExclusion {
  accountId: AccountId;
  reason: AccountExclusionReason;
  /** When this reason ends by itself; null = not known. */
  retryAfterMs: number | null;
}

export const ACCOUNT_EXCLUSION_REASONS = [
  'rate-limited',
  'overloaded',
  'paused',
  'error',
  'breaker-open',
  'probing',
  'sessions-full',
  'window-cost',
  'full',
  'queue-full',
] as const;
export type AccountExclusionReason = (typeof ACCOUNT_EXCLUSION_REASONS)[number];

/** `breaker-open` and `error` end with a probe, the others by themselves. */
export type AccountStateKind = AccountBlockState | 'breaker-open';

export interface AccountState {
  accountId: AccountId;
  /** null = the whole account. */
  upstreamModel: string | null;
  kind: AccountStateKind;
  /** English, for the admin. */
  reason: string;
  /** ms since 1970 by the store's clock, as the next. */
  sinceMs: number;
  /** The end; for `breaker-open` and `error` the moment from which on a probe may go. */
  untilMs: number;
  /** Probes that have failed in a row. */
  backoffStep: number;
  /** Rises with each change of any account. */
  version: number;
  /** A probe is on its way. */
  isProbing: boolean;
}

export interface StickyBinding {
  name: string;
  accountId: AccountId;
  /** It ends then, if it is not used before. */
  endsInMs: number;
}

export interface StickyPage {
  bindings: StickyBinding[];
  /** For the next page; null = this was the last. */
  cursor: string | null;
}

export type StickySelection = { name: string } | { accountId: AccountId } | 'all';

export interface WindowCost {
  /** ms since 1970. */
  startMs: number;
  endMs: number;
  /** At standard prices. */
  spent: PicoUsd;
}
