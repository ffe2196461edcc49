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
import type { WindowCostTable } from './window-cost-table.ts';

export interface AccountTables {
  slots: SlotTable;
  health: HealthTable;
  sessions: SessionTable;
  costs: WindowCostTable;
  stickies: StickyTable;
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

/** One take from the in-process tables: the twin of `lua/includes/take-account.lua`. */
export class AccountTaker {
  readonly #tables: AccountTables;
  readonly #request: TakeAccountRequest;
  readonly #moment: TakeMoment;
  readonly #candidates: readonly AccountCandidate[];
  readonly #verdicts = new Map<AccountId, boolean>();
  readonly #exclusions: AccountExclusion[] = [];
  readonly #unknown: AccountId[] = [];

  constructor(tables: AccountTables, request: TakeAccountRequest, moment: TakeMoment) {
    this.#tables = tables;
    this.#request = request;
    this.#moment = moment;
    this.#candidates = sortCandidates(request.candidates);
  }

  take(): TakeAccountResult {
    const sticky = this.#findSticky();
    if (sticky && this.#mayUse(sticky, true) && this.#readLoad(sticky) !== null) {
      return this.#takeFrom(sticky, true);
    }
    let first = 0;
    while (this.#unknown.length === 0 && first < this.#candidates.length) {
      const priority = this.#candidates[first]?.priority;
      const end = this.#candidates.findLastIndex((candidate) => candidate.priority === priority) + 1;
      const best = this.#selectBest(first, end, sticky);
      if (best && this.#unknown.length === 0) return this.#takeFrom(best, false);
      first = end;
    }
    if (this.#unknown.length > 0) return this.#askForCosts();
    return { taken: false, reason: 'none', exclusions: this.#exclusions };
  }

  #findSticky(): AccountCandidate | undefined {
    const { sticky, candidates } = this.#request;
    if (sticky === null) return undefined;
    const bound = this.#tables.stickies.get(sticky.name, this.#moment.nowMs);
    return candidates.find(({ accountId }) => accountId === bound);
  }

  /** The best of the candidates first…end − 1, which share a priority. */
  #selectBest(first: number, end: number, sticky: AccountCandidate | undefined): AccountCandidate | null {
    let best: Ranked | null = null;
    for (const [offset, candidate] of this.#candidates.slice(first, end).entries()) {
      if (!this.#mayUse(candidate, candidate === sticky)) continue;
      const load = this.#readLoad(candidate);
      if (load === null) {
        this.#exclude(candidate, 'full', null);
        continue;
      }
      const takenNumber = this.#tables.order.get(candidate.accountId);
      const ranked = { ...candidate, load, takenNumber, index: first + offset };
      if (!best || this.#compare(ranked, best) < 0) best = ranked;
    }
    return best;
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

  /** null = full. */
  #readLoad({ accountId, max }: AccountCandidate): number | null {
    const holder = holderName({ kind: 'account', accountId });
    const running = this.#tables.slots.count(holder, this.#moment.nowMs);
    return max > 0 && running >= max ? null : computeLoad(running, 0, max);
  }

  #takeFrom({ accountId, upstreamModel, sessionsMax, sessionIdleMs }: AccountCandidate, isSticky: boolean) {
    const { health, slots, order, stickies } = this.#tables;
    const { leaseId: id, nowMs, leaseTtlMs } = this.#moment;
    const model = cutModel(upstreamModel);
    const holder = { kind: 'account', accountId } as const;
    slots.take(holderName(holder), id, nowMs + leaseTtlMs);
    order.note(accountId);
    const { sticky } = this.#request;
    if (sticky) stickies.bind(sticky.name, accountId, nowMs + sticky.ttlMs);
    const isProbe = health.readStanding(accountId, model, nowMs).stands === 'due';
    if (isProbe) health.beginProbe(accountId, model, id, nowMs);
    const registeredSession = sessionsMax > 0 ? this.#register(accountId, sessionIdleMs) : null;
    const lease = { id, holder };
    return {
      taken: true as const,
      accountId,
      lease,
      isSticky,
      isProbe,
      registeredSession,
      exclusions: this.#exclusions,
    };
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
