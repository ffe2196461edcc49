import type { AccountId, LeaseId } from '@tollgate/core';
import type { AccountCandidate, AccountExclusion, TakeAccountRequest } from '../account-port.ts';
import type { AccountExclusionReason, SessionRegistration, TakeAccountResult } from '../account-port.ts';
import { holderName } from '../admit-result.ts';
import { cutModel } from '../check-account.ts';
import { compareAccounts, computeLoad, type AccountRank } from '../rules/compare-accounts.ts';
import { mapCostBand } from '../rules/window-cost.ts';
import { sortCandidates } from '../sort-candidates.ts';
import type { HealthTable } from './health-table.ts';
import type { SessionTable } from './session-table.ts';
import type { SlotTable } from './slot-table.ts';
import type { StickyTable } from './sticky-table.ts';
import type { WaitQueues } from './wait-queues.ts';
import type { WindowCostTable } from './window-cost-table.ts';

export interface AccountTables {
  slots: SlotTable;
  health: HealthTable;
  sessions: SessionTable;
  costs: WindowCostTable;
  stickies: StickyTable;
  queues: WaitQueues;
  /** For what happens after the take. */
  nowMs(): number;
  order: TakenOrder;
}

/** When accounts were taken last: a number that rises with each take of any account; 0 = never. */
export class TakenOrder {
  readonly #numbers = new Map<AccountId, number>();
  #last = 0;

  get(accountId: AccountId): number {
    return this.#numbers.get(accountId) ?? 0;
  }

  note(accountId: AccountId): void {
    this.#numbers.set(accountId, (this.#last += 1));
  }
}

export interface TakeMoment {
  nowMs: number;
  leaseTtlMs: number;
  seedTokenTtlMs: number;
  leaseId: LeaseId;
  /** Decides between equals: a whole number ≥ 0. */
  turn: number;
}

type Ranked = AccountCandidate & AccountRank;
/** What happened on an account, before its answer is built. */
type Settled = Pick<Taken, 'accountId' | 'isSticky' | 'registeredSession' | 'exclusions'>;
type Taken = Extract<TakeAccountResult, { taken: true }>;

/** One take from the in-process tables: the twin of `lua/includes/take-account.lua`. */
export class AccountTaker {
  readonly #tables: AccountTables;
  readonly #request: TakeAccountRequest;
  readonly #moment: TakeMoment;
  readonly #candidates: readonly AccountCandidate[];
  readonly #verdicts = new Map<AccountId, boolean>();
  readonly #exclusions: AccountExclusion[] = [];
  readonly #unknown: AccountId[] = [];
  readonly #full: Ranked[] = [];
  #fullSticky: AccountCandidate | null = null;

  constructor(tables: AccountTables, request: TakeAccountRequest, moment: TakeMoment) {
    this.#tables = tables;
    this.#request = request;
    this.#moment = moment;
    this.#candidates = sortCandidates(request.candidates);
  }

  take(): TakeAccountResult {
    const sticky = this.#findSticky();
    const settled = sticky && this.#trySticky(sticky);
    if (settled) return settled;
    let first = 0;
    while (this.#unknown.length === 0 && first < this.#candidates.length) {
      const priority = this.#candidates[first]?.priority;
      const end = this.#candidates.findLastIndex((candidate) => candidate.priority === priority) + 1;
      const best = this.#selectBest(first, end, sticky);
      if (best && this.#unknown.length === 0) return this.#takeFrom(best, false);
      first = end;
    }
    if (this.#unknown.length > 0) return this.#askForCosts();
    const place = this.#selectPlace();
    this.#excludeFull(place);
    if (place) return this.#waitFor(place, false);
    return { taken: false, reason: 'none', exclusions: this.#exclusions };
  }

  #trySticky(sticky: AccountCandidate): TakeAccountResult | null {
    if (!this.#mayUse(sticky, true)) return null;
    if (this.#readLoad(sticky).isFree) return this.#takeFrom(sticky, true);
    this.#fullSticky = sticky;
    const { wait } = this.#request;
    return wait && this.#hasPlace(sticky, wait.stickyMax) ? this.#waitFor(sticky, true) : null;
  }

  #findSticky(): AccountCandidate | undefined {
    const { sticky, candidates } = this.#request;
    if (sticky === null) return undefined;
    const bound = this.#tables.stickies.get(sticky.name, this.#moment.nowMs);
    return candidates.find(({ accountId }) => accountId === bound);
  }

  /** The best of the candidates first…end − 1, which share a priority. */
  #selectBest(first: number, end: number, sticky: AccountCandidate | undefined): AccountCandidate | null {
    const rested = this.#selectRested(first, end, sticky);
    if (rested) return rested;
    let best: Ranked | null = null;
    for (const [offset, candidate] of this.#candidates.slice(first, end).entries()) {
      if (!this.#mayUse(candidate, candidate === sticky)) continue;
      const { load, isFree } = this.#readLoad(candidate);
      const takenNumber = this.#tables.order.get(candidate.accountId);
      const ranked = { ...candidate, load, takenNumber, index: first + offset };
      if (!isFree) this.#full.push(ranked);
      else if (!best || this.#compare(ranked, best) < 0) best = ranked;
    }
    return best;
  }

  /** The one that rested longest, when it has nothing to do: none can be better, and the others need no look. */
  #selectRested(first: number, end: number, sticky: AccountCandidate | undefined): AccountCandidate | null {
    let rested: Ranked | null = null;
    for (const [offset, candidate] of this.#candidates.slice(first, end).entries()) {
      if (!this.#passesState(candidate)) continue;
      const takenNumber = this.#tables.order.get(candidate.accountId);
      const ranked = { ...candidate, load: 0, takenNumber, index: first + offset };
      if (!rested || this.#compare(ranked, rested) < 0) rested = ranked;
    }
    const original = rested && this.#candidates[rested.index];
    if (!original || !this.#mayUse(original, original === sticky)) return null;
    return this.#readLoad(original).load === 0 ? original : null;
  }

  #compare(a: Ranked, b: Ranked): number {
    return compareAccounts(a, b, this.#moment.turn, this.#candidates.length);
  }

  /** State, then sessions, then window cost. */
  #mayUse(candidate: AccountCandidate, isSticky: boolean): boolean {
    const known = this.#verdicts.get(candidate.accountId);
    if (known !== undefined) return known;
    const verdict =
      this.#passesState(candidate) &&
      this.#passesSessions(candidate) &&
      this.#passesCost(candidate, isSticky);
    this.#verdicts.set(candidate.accountId, verdict);
    return verdict;
  }

  #passesState(candidate: AccountCandidate): boolean {
    const { accountId, upstreamModel } = candidate;
    const { nowMs } = this.#moment;
    const standing = this.#tables.health.readStanding(accountId, cutModel(upstreamModel), nowMs);
    if (standing.stands !== 'blocked') return true;
    if (this.#verdicts.get(accountId) === false) return false;
    this.#verdicts.set(accountId, false);
    return this.#exclude(candidate, standing.reason, standing.untilMs - nowMs);
  }

  #passesSessions(candidate: AccountCandidate): boolean {
    const { session } = this.#request;
    const { accountId, sessionsMax } = candidate;
    if (sessionsMax <= 0 || session === null) return true;
    if (this.#tables.sessions.hasRoom(accountId, session, sessionsMax, this.#moment.nowMs)) return true;
    return this.#exclude(candidate, 'sessions-full', null);
  }

  #passesCost(candidate: AccountCandidate, isSticky: boolean): boolean {
    const { accountId, windowCost } = candidate;
    if (windowCost === null) return true;
    const figure = this.#tables.costs.read(accountId, this.#moment.nowMs);
    if (!figure) {
      this.#unknown.push(accountId);
      return false;
    }
    const band = mapCostBand(figure.spent, windowCost);
    if (band === 'open' || (band === 'sticky-only' && isSticky)) return true;
    return this.#exclude(candidate, 'window-cost', figure.endMs - this.#moment.nowMs);
  }

  #exclude(
    { accountId }: AccountCandidate,
    reason: AccountExclusionReason,
    retryAfterMs: number | null,
  ): false {
    this.#exclusions.push({ accountId, reason, retryAfterMs });
    return false;
  }

  /** Those who wait for it go first; what is free after that, none of them can use. */
  #readLoad({ accountId, max }: AccountCandidate): { load: number; isFree: boolean } {
    const holder = { kind: 'account', accountId } as const;
    this.#tables.queues.letGo([{ holder, max }]);
    const running = this.#tables.slots.count(holderName(holder), this.#moment.nowMs);
    const load = computeLoad(running, this.#tables.queues.length(holder), max);
    return { load, isFree: max <= 0 || running < max };
  }

  /** Nobody waits for an account that is due for its probe: it may be kept out again before the slot is free. */
  #hasPlace(candidate: AccountCandidate, waitMax: number): boolean {
    const { accountId } = candidate;
    const waiting = this.#tables.queues.length({ kind: 'account', accountId });
    return !this.#isDue(candidate) && waiting < waitMax;
  }

  /** No slot is free anywhere: a place on the best account that has one left, in the order of the choice. */
  #selectPlace(): AccountCandidate | null {
    const { wait } = this.#request;
    if (!wait) return null;
    const places = this.#full.filter((candidate) => this.#hasPlace(candidate, wait.max));
    const first = places.filter(({ priority }) => priority === places[0]?.priority);
    return first.toSorted((a, b) => this.#compare(a, b))[0] ?? null;
  }

  #excludeFull(chosen: AccountCandidate | null): void {
    const { wait } = this.#request;
    for (const candidate of this.#full) {
      const isQueueFull = wait !== null && !this.#hasPlace(candidate, wait.max);
      if (candidate !== chosen) this.#exclude(candidate, isQueueFull ? 'queue-full' : 'full', null);
    }
  }

  #isDue({ accountId, upstreamModel }: AccountCandidate): boolean {
    const { nowMs } = this.#moment;
    return this.#tables.health.readStanding(accountId, cutModel(upstreamModel), nowMs).stands === 'due';
  }

  #takeFrom(candidate: AccountCandidate, isSticky: boolean): TakeAccountResult {
    const full: AccountCandidate[] = [...this.#full];
    const sticky = this.#fullSticky;
    if (sticky && full.every((other) => other.accountId !== sticky.accountId)) full.push(sticky);
    for (const other of full) this.#exclude(other, 'full', null);
    const { accountId, upstreamModel } = candidate;
    const { leaseId: id, nowMs, leaseTtlMs } = this.#moment;
    const holder = { kind: 'account', accountId } as const;
    this.#tables.slots.take(holderName(holder), id, nowMs + leaseTtlMs);
    const isProbe = this.#isDue(candidate);
    if (isProbe) this.#tables.health.beginProbe(accountId, cutModel(upstreamModel), id, nowMs);
    return { taken: true, ...this.#settleOn(candidate, isSticky), lease: { id, holder }, isProbe };
  }

  #waitFor(candidate: AccountCandidate, isSticky: boolean): TakeAccountResult {
    const { accountId, upstreamModel, max } = candidate;
    const { wait, userId, weight } = this.#request;
    const { health, queues } = this.#tables;
    const holder = { kind: 'account', accountId } as const;
    const ticket = queues.enter({
      leases: [{ id: this.#moment.leaseId, holder }],
      slots: [{ holder, max }],
      timeoutMs: (isSticky ? wait?.stickyTimeoutMs : wait?.timeoutMs) ?? 0,
      user: userId,
      weight,
      accountId,
      mayGo: () =>
        health.readStanding(accountId, cutModel(upstreamModel), this.#tables.nowMs()).stands === 'clean',
    });
    return { taken: false, reason: 'queued', ...this.#settleOn(candidate, isSticky), ticket };
  }

  /** What a take and a place in the queue have in common. */
  #settleOn({ accountId, sessionsMax, sessionIdleMs }: AccountCandidate, isSticky: boolean): Settled {
    const { sticky } = this.#request;
    this.#tables.order.note(accountId);
    if (sticky) this.#tables.stickies.bind(sticky.name, accountId, this.#moment.nowMs + sticky.ttlMs);
    const registeredSession = sessionsMax > 0 ? this.#register(accountId, sessionIdleMs) : null;
    return { accountId, isSticky, registeredSession, exclusions: this.#exclusions };
  }

  #register(accountId: AccountId, idleMs: number): SessionRegistration | null {
    const { session } = this.#request;
    if (session === null) return null;
    return this.#tables.sessions.touch(accountId, session, idleMs, this.#moment.nowMs);
  }

  #askForCosts(): TakeAccountResult {
    const { nowMs, seedTokenTtlMs } = this.#moment;
    const { costs } = this.#tables;
    const seedTokens = this.#unknown.map((accountId) => costs.readToken(accountId, nowMs, seedTokenTtlMs));
    return { taken: false, reason: 'window-cost-unknown', accountIds: this.#unknown, seedTokens };
  }
}
