import type { AccountFinding } from '@tollgate/core';
import type { AccountCandidate, TakeAccountRequest } from '../account-port.ts';
import { LEASE_TTL_MS } from '../port.ts';
import { AccountQueuesModel, type ModelTicket } from './account-queues-model.ts';

interface ModelState {
  kind: string;
  untilMs: number;
  step: number;
  /** Number of the take that probes it; null = none. */
  probe: number | null;
}

const PROBED = new Set(['breaker-open', 'error']);

/** What a take is expected to say. Exclusions as "account reason". */
export type ModelTake =
  | { account: string; isSticky: boolean; isProbe: boolean; isRegistered: boolean; exclusions: string[] }
  /** A place in the queue of the account. */
  | { waits: string; isSticky: boolean; isRegistered: boolean; exclusions: string[] }
  | { none: string[] }
  | { unknown: string[] };

/** Accounts as a child would keep them: lists, loops, one clock. What it says is right by definition. */
export class AccountModel {
  nowMs = 0;
  takes = 0;
  readonly queues = new AccountQueuesModel();
  /** The one that the last take got, if it waits. */
  lastTicket: ModelTicket | null = null;
  leases: { account: string; take: number; untilMs: number }[] = [];
  order: string[] = [];
  states = new Map<string, ModelState>();
  strikes = new Map<string, number>();
  outcomes = new Map<string, { bucketMs: number; isGood: boolean }[]>();
  stickies = new Map<string, { account: string; untilMs: number }>();
  sessions = new Map<string, number>();
  costs = new Map<string, { spent: bigint; untilMs: number }>();

  countLive(account: string): number {
    return this.leases.filter((lease) => lease.account === account && lease.untilMs > this.nowMs).length;
  }

  countSessions(account: string): number {
    return [...this.sessions].filter(
      ([name, untilMs]) => name.startsWith(`${account} `) && untilMs > this.nowMs,
    ).length;
  }

  readCost(account: string): bigint | null {
    const cost = this.costs.get(account);
    return cost && cost.untilMs > this.nowMs ? cost.spent : null;
  }

  /** Kinds that stand, by scope. */
  listStates(): Record<string, string> {
    const standing = [...this.states].filter(
      ([, { kind, untilMs }]) => PROBED.has(kind) || untilMs > this.nowMs,
    );
    return Object.fromEntries(standing.map(([scope, { kind, step }]) => [scope, `${kind} ${step}`]));
  }

  /** `node`: where the ticket waits, if it comes to that. */
  take(request: TakeAccountRequest, node = 0): ModelTake {
    const exclusions: string[] = [];
    const unknown: string[] = [];
    const bound = request.sticky && this.stickies.get(request.sticky.name);
    const stickyTo = bound && bound.untilMs > this.nowMs ? bound.account : null;
    const sorted = request.candidates.toSorted((a, b) => a.priority - b.priority);
    const verdicts = new Map<string, string | null>();
    const judge = (candidate: AccountCandidate) => {
      const known = verdicts.get(candidate.accountId);
      if (known !== undefined) return known;
      const reason = this.judge(candidate, request, stickyTo === candidate.accountId);
      verdicts.set(candidate.accountId, reason);
      if (reason === 'unknown') unknown.push(candidate.accountId);
      else if (reason !== null) exclusions.push(`${candidate.accountId} ${reason}`);
      return reason;
    };
    const full: AccountCandidate[] = [];
    const sayFull = () => full.map(({ accountId }) => `${accountId} full`);
    const { wait } = request;
    const sticky = sorted.find(({ accountId }) => accountId === stickyTo);
    if (sticky !== undefined && judge(sticky) === null) {
      if (!this.isFull(sticky)) return this.give(sticky, request, true, []);
      if (wait && this.hasPlace(sticky, wait.stickyMax)) return this.enter(sticky, request, true, [], node);
      full.push(sticky);
    }
    if (unknown.length > 0) return { unknown };
    const rank = ({ accountId }: AccountCandidate) => this.order.lastIndexOf(accountId);
    const sortBest = (some: AccountCandidate[]) =>
      some.toSorted((a, b) => this.load(a) - this.load(b) || rank(a) - rank(b));
    for (const priority of new Set(sorted.map((candidate) => candidate.priority))) {
      const all = sorted.filter((candidate) => candidate.priority === priority);
      for (const candidate of all) if (this.judgeState(candidate)) judge(candidate);
      const [rested] = all
        .filter((candidate) => !this.judgeState(candidate))
        .toSorted((a, b) => rank(a) - rank(b));
      if (rested && judge(rested) === null && this.load(rested) === 0) {
        return this.give(rested, request, false, [...exclusions, ...sayFull()]);
      }
      const tier = all.filter((candidate) => judge(candidate) === null);
      const free = tier.filter((candidate) => !this.isFull(candidate));
      if (unknown.length > 0) return { unknown };
      for (const candidate of tier) {
        if (!free.includes(candidate) && !full.includes(candidate)) full.push(candidate);
      }
      const [best] = sortBest(free);
      if (best) return this.give(best, request, false, [...exclusions, ...sayFull()]);
    }
    const places = full.filter((candidate) => wait && this.hasPlace(candidate, wait.max));
    const lowest = Math.min(...places.map(({ priority }) => priority));
    const inOrder = sorted.filter((each) => places.includes(each) && each.priority === lowest);
    const [place] = sortBest(inOrder);
    for (const candidate of full) {
      const isQueueFull = wait !== null && !places.includes(candidate);
      if (candidate !== place)
        exclusions.push(`${candidate.accountId} ${isQueueFull ? 'queue-full' : 'full'}`);
    }
    return place ? this.enter(place, request, false, exclusions, node) : { none: exclusions };
  }

  /** A lease is given back. */
  release(take: number): void {
    const account = this.leases.find((lease) => lease.take === take)?.account;
    this.leases = this.leases.filter((lease) => lease.take !== take);
    if (account !== undefined) this.grantWaiting(account);
  }

  /** The node is gone, and all that waits on it; what it held stays until it dies. */
  kill(node: number): void {
    for (const ticket of this.queues.list()) if (ticket.node === node) this.queues.leave(ticket);
  }

  /** Who may not go any more is lost; then all who can go. */
  grantWaiting(account: string): void {
    for (const ticket of this.queues.list(account)) {
      const scopes = [account, `${account}|${ticket.model}`].map((scope) => this.states.get(scope));
      const isOut = scopes.some((state) => state && (PROBED.has(state.kind) || state.untilMs > this.nowMs));
      if (isOut) this.queues.lose(ticket);
    }
    const max = this.queues.readMax(account);
    for (const { take } of this.queues.list(account)) {
      if (max > 0 && this.countLive(account) >= max) return;
      this.queues.grantNext(account);
      this.leases.push({ account, take, untilMs: this.nowMs + LEASE_TTL_MS });
    }
  }

  report(
    account: string,
    model: string | null,
    finding: AccountFinding,
    probe: number | null,
    count = 1,
  ): void {
    const scope = model === null ? account : `${account}|${model}`;
    for (let time = 0; time < count; time += 1) this.apply(scope, finding, probe);
    const isOfBoth = finding.kind === 'success' || finding.kind === 'undecided';
    if (isOfBoth && model !== null) this.report(account, null, finding, probe, count);
    this.grantWaiting(account);
  }

  clear(account: string, model: string | null): void {
    for (const map of [this.states, this.strikes, this.outcomes]) {
      for (const scope of map.keys()) {
        const isMeant =
          scope === `${account}|${model}` || (model === null && scope.split('|')[0] === account);
        if (isMeant) map.delete(scope);
      }
    }
  }

  private judgeState({ accountId, upstreamModel }: AccountCandidate): string | null {
    const blocking = [accountId, `${accountId}|${upstreamModel}`]
      .map((scope) => this.states.get(scope))
      .filter((state) => state !== undefined && state.untilMs > this.nowMs) as ModelState[];
    const [last] = blocking.toSorted((a, b) => b.untilMs - a.untilMs);
    return last ? (last.probe === null ? last.kind : 'probing') : null;
  }

  private judge(candidate: AccountCandidate, request: TakeAccountRequest, isSticky: boolean): string | null {
    const kept = this.judgeState(candidate);
    if (kept) return kept;
    const { accountId, ...limits } = candidate;
    const { session } = request;
    if (limits.sessionsMax > 0 && session !== null) {
      const isLive = (this.sessions.get(`${accountId} ${session}`) ?? 0) > this.nowMs;
      if (!isLive && this.countSessions(accountId) >= limits.sessionsMax) return 'sessions-full';
    }
    if (limits.windowCost === null) return null;
    const spent = this.readCost(accountId);
    if (spent === null) return 'unknown';
    const limit = BigInt(limits.windowCost.limit);
    if (spent < limit || (isSticky && spent <= limit + BigInt(limits.windowCost.reserve))) return null;
    return 'window-cost';
  }

  /** Whoever looks at an account lets those who wait for it go first, under the maximum that it names. */
  private isFull({ accountId, max }: AccountCandidate): boolean {
    this.queues.noteMax(accountId, max);
    this.grantWaiting(accountId);
    return max > 0 && this.countLive(accountId) >= max;
  }

  private load(candidate: AccountCandidate): number {
    const { accountId, max } = candidate;
    this.isFull(candidate);
    return max > 0 ? (this.countLive(accountId) + this.queues.count(accountId)) / max : 0;
  }

  private hasPlace({ accountId, upstreamModel }: AccountCandidate, waitMax: number): boolean {
    return this.listDue(accountId, upstreamModel).length === 0 && this.queues.count(accountId) < waitMax;
  }

  private listDue(account: string, upstreamModel: string): ModelState[] {
    return [account, `${account}|${upstreamModel}`]
      .map((scope) => this.states.get(scope))
      .filter((state) => state !== undefined && PROBED.has(state.kind)) as ModelState[];
  }

  private enter(
    candidate: AccountCandidate,
    request: TakeAccountRequest,
    isSticky: boolean,
    exclusions: string[],
    node: number,
  ): ModelTake {
    const { accountId, upstreamModel, max } = candidate;
    const isRegistered = this.settleOn(candidate, request);
    const { userId: user, weight } = request;
    const parts = { take: this.takes, account: accountId, model: upstreamModel, user, weight, node };
    this.lastTicket = this.queues.enter(parts, max);
    return { waits: accountId, isSticky, isRegistered, exclusions };
  }

  /** What a take and a place in the queue have in common: whether a session was registered. */
  private settleOn(
    { accountId, sessionsMax, sessionIdleMs }: AccountCandidate,
    { sticky, session }: TakeAccountRequest,
  ): boolean {
    this.takes += 1;
    this.order.push(accountId);
    if (sticky) this.stickies.set(sticky.name, { account: accountId, untilMs: this.nowMs + sticky.ttlMs });
    if (sessionsMax <= 0 || session === null) return false;
    const name = `${accountId} ${session}`;
    const isRegistered = (this.sessions.get(name) ?? 0) <= this.nowMs;
    this.sessions.set(name, this.nowMs + sessionIdleMs);
    return isRegistered;
  }

  private give(
    candidate: AccountCandidate,
    request: TakeAccountRequest,
    isSticky: boolean,
    exclusions: string[],
  ): ModelTake {
    const { accountId, upstreamModel } = candidate;
    const isRegistered = this.settleOn(candidate, request);
    this.leases.push({ account: accountId, take: this.takes, untilMs: this.nowMs + LEASE_TTL_MS });
    const due = this.listDue(accountId, upstreamModel);
    for (const state of due) Object.assign(state, { probe: this.takes, untilMs: this.nowMs + 30_000 });
    return { account: accountId, isSticky, isProbe: due.length > 0, isRegistered, exclusions };
  }

  private apply(scope: string, finding: AccountFinding, probe: number | null): void {
    const known = this.states.get(scope);
    if (known && !PROBED.has(known.kind) && known.untilMs <= this.nowMs) this.states.delete(scope);
    const state = this.states.get(scope);
    const isOwn = state !== undefined && probe !== null && state.probe === probe;
    const waits = state !== undefined && PROBED.has(state.kind);
    const fail = () => {
      if (!state || !isOwn) return;
      const [first, max] = state.kind === 'error' ? [60_000, 3_600_000] : [10_000, 300_000];
      state.step += 1;
      Object.assign(state, { probe: null, untilMs: this.nowMs + Math.min(first * 2 ** state.step, max) });
    };
    if (finding.kind === 'success') {
      if (!waits) this.note(scope, true);
      else if (probe !== null && state.probe !== null) {
        for (const map of [this.states, this.strikes, this.outcomes]) map.delete(scope);
      }
    } else if (finding.kind === 'failure') {
      if (waits) fail();
      else this.fail(scope);
    } else if (finding.kind === 'strike') {
      const firstMs = this.strikes.get(scope);
      if (state?.kind === 'error') fail();
      else if (firstMs !== undefined && firstMs > this.nowMs - 3_600_000) {
        this.strikes.delete(scope);
        this.begin(scope, 'error', 60_000);
      } else {
        this.strikes.set(scope, this.nowMs);
        if (waits && isOwn) this.states.delete(scope);
      }
    } else if (finding.kind === 'undecided') {
      if (state && isOwn) Object.assign(state, { probe: null, untilMs: this.nowMs });
    } else {
      const untilMs = this.nowMs + finding.untilMs;
      if (state && !isOwn && state.kind === 'error') return;
      if (state && !isOwn && finding.state !== 'error' && state.untilMs >= untilMs) return;
      const step = state?.kind === finding.state ? state.step + (isOwn ? 1 : 0) : 0;
      this.begin(scope, finding.state, finding.untilMs, step);
    }
  }

  private begin(scope: string, kind: string, lengthMs: number, step = 0): void {
    this.states.set(scope, { kind, untilMs: this.nowMs + lengthMs, step, probe: null });
  }

  private note(scope: string, isGood: boolean): { bucketMs: number; isGood: boolean }[] {
    const kept = (this.outcomes.get(scope) ?? []).filter(({ bucketMs }) => bucketMs > this.nowMs - 60_000);
    const lastMs = kept.at(-1)?.bucketMs;
    const bucketMs = lastMs !== undefined && lastMs > this.nowMs - 10_000 ? lastMs : this.nowMs;
    const all = [...kept, { bucketMs, isGood }];
    this.outcomes.set(scope, all);
    return all;
  }

  private fail(scope: string): void {
    const all = this.note(scope, false);
    const bad = all.filter(({ isGood }) => !isGood).length;
    if (bad < 5 || bad * 2 < all.length) return;
    this.outcomes.delete(scope);
    const state = this.states.get(scope);
    if (!state || state.untilMs < this.nowMs + 10_000) this.begin(scope, 'breaker-open', 10_000);
  }
}
