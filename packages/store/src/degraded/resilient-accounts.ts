import type { AccountId, AccountReport, Clock, LeaseId, PicoUsd, UpstreamWindow } from '@tollgate/core';
import { picoUsd } from '@tollgate/core';
import type { AccountCandidate, AccountExclusion, AccountState, AccountStore } from '../account-port.ts';
import type { SessionRegistration, StickyPage, StickySelection, WindowCost } from '../account-port.ts';
import type { TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import { StoreUnavailableError, type Store } from '../port.ts';
import { END_TOLERANCE_MS, select5hEnd } from '../rules/upstream-windows.ts';
import { mapCostBand } from '../rules/window-cost.ts';
import type { DirectStore } from '../direct-store.ts';
import { Asked, type Answers } from './asked.ts';
import { divideTakeRequest, type Share } from './divide-request.ts';
import type { LocalMarks } from './local-marks.ts';
import { SeenFigures } from './seen-figures.ts';
import type { StoreCircuit } from './store-circuit.ts';

export interface ResilientAccountsContext {
  primary: DirectStore;
  local: Store;
  circuit: StoreCircuit;
  marks: LocalMarks;
  clock: Clock;
  graceMs: number;
  /** `call` on the primary; where that is away, `instead`, unless the policy is `closed`. */
  ask<T>(call: () => Promise<T>, instead: (share: Share) => Promise<T>): Promise<T>;
  /** `instead` of a call that the primary has rejected with this, as `ask`; other faults reject. */
  fallBack<T>(fault: unknown, instead: (share: Share) => Promise<T>): Promise<T>;
}

/** The part of the resilient store that is about accounts. */
export class ResilientAccounts implements AccountStore {
  readonly #context: ResilientAccountsContext;
  readonly #primary: DirectStore;
  readonly #local: Store;
  readonly #costs: SeenFigures<AccountId, WindowCost>;
  readonly #takeAnswers: Answers<TakeAccountRequest, TakeAccountResult> = {
    learn: (request, result) => this.#wantCosts(request, result),
    instead: (request, fault) => this.#context.fallBack(fault, (share) => this.#takeLocally(request, share)),
  };

  constructor(context: ResilientAccountsContext) {
    this.#context = context;
    this.#primary = context.primary;
    this.#local = context.local;
    this.#costs = new SeenFigures({
      clock: context.clock,
      graceMs: context.graceMs,
      read: (ids) => context.circuit.ask(() => context.primary.readWindowCosts(ids)),
      move: (figure, amount) => ({ ...figure, spent: picoUsd(figure.spent + amount) }),
    });
  }

  takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult> {
    const answers = this.#takeAnswers;
    if (this.#context.circuit.isOpen)
      return answers.instead(request, new StoreUnavailableError('the store is away'));
    return new Promise((resolve) =>
      this.#primary.takeAccountTo(request, new Asked(request, answers, resolve)),
    );
  }

  /** This node's own copy of what it learns costs next to nothing, and is what it knows when the primary is away. */
  reportAccount(report: AccountReport, probe?: LeaseId): void {
    this.#primary.reportAccount(report, probe);
    this.#local.reportAccount(report, probe);
    // A probe that passed, of whichever store: the account is well.
    if (probe !== undefined && report.kind === 'success') {
      void this.#local.clearAccountState(report.accountId).catch(() => {});
    }
  }

  listAccountStates(accountIds: readonly AccountId[]): Promise<AccountState[]> {
    return this.#context.circuit.ask(() => this.#primary.listAccountStates(accountIds));
  }

  async clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void> {
    await this.#local.clearAccountState(accountId, upstreamModel);
    await this.#context.circuit.ask(() => this.#primary.clearAccountState(accountId, upstreamModel));
  }

  listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage> {
    return this.#context.circuit.ask(() => this.#primary.listStickyBindings(page));
  }

  async clearSticky(which: StickySelection): Promise<number> {
    await this.#local.clearSticky(which);
    return this.#context.circuit.ask(() => this.#primary.clearSticky(which));
  }

  releaseSession(registration: SessionRegistration): void {
    const store = this.#context.marks.has(registration) ? this.#local : this.#primary;
    store.releaseSession(registration);
  }

  /** Nothing where the session does not live. */
  refreshSession(accountId: AccountId, session: string, idleMs: number): void {
    this.#primary.refreshSession(accountId, session, idleMs);
    this.#local.refreshSession(accountId, session, idleMs);
  }

  countSessions(accountIds: readonly AccountId[]): Promise<number[]> {
    return this.#context.circuit.ask(() => this.#primary.countSessions(accountIds));
  }

  isSessionActive(accountId: AccountId, session: string): Promise<boolean> {
    return this.#context.circuit.ask(() => this.#primary.isSessionActive(accountId, session));
  }

  addWindowCost(accountId: AccountId, cost: PicoUsd): void {
    this.#primary.addWindowCost(accountId, cost);
    this.#costs.move(accountId, cost);
  }

  /** The figure counts here, whether or not the primary takes it. */
  seedWindowCost(
    accountId: AccountId,
    window: { startMs: number; endMs: number },
    spent: PicoUsd,
    seedToken: string,
  ): Promise<void> {
    this.#costs.note(accountId, { ...window, spent });
    return this.#context.ask(
      () => this.#primary.seedWindowCost(accountId, window, spent, seedToken),
      async () => {},
    );
  }

  readWindowCosts(accountIds: readonly AccountId[]): Promise<(WindowCost | null)[]> {
    return this.#context.circuit.ask(() => this.#primary.readWindowCosts(accountIds));
  }

  noteUpstreamWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void {
    this.#primary.noteUpstreamWindows(accountId, windows);
    this.#local.noteUpstreamWindows(accountId, windows);
    const endMs = select5hEnd(windows);
    const known = this.#costs.get(accountId);
    if (endMs !== null && known && Math.abs(known.endMs - endMs) > END_TOLERANCE_MS)
      this.#costs.drop(accountId);
  }

  /** While the primary is away: those that this node has heard of. */
  listUpstreamWindows(accountIds: readonly AccountId[]): Promise<UpstreamWindow[][]> {
    return this.#context.ask(
      () => this.#primary.listUpstreamWindows(accountIds),
      () => this.#local.listUpstreamWindows(accountIds),
    );
  }

  close(): void {
    this.#costs.close();
  }

  #wantCosts({ candidates }: TakeAccountRequest, result: TakeAccountResult): TakeAccountResult {
    // By place: an iterator for each request is garbage.
    for (let place = 0; place < candidates.length; place += 1) {
      const candidate = candidates[place];
      if (candidate !== undefined && candidate.windowCost !== null) this.#costs.want(candidate.accountId);
    }
    return result;
  }

  async #takeLocally(request: TakeAccountRequest, share: Share): Promise<TakeAccountResult> {
    const closed: AccountExclusion[] = [];
    const candidates = request.candidates.filter((candidate) => {
      const isOpen = this.#isCostOpen(candidate);
      const { accountId } = candidate;
      if (!isOpen) closed.push({ accountId, reason: 'window-cost', retryAfterMs: null });
      return isOpen;
    });
    const divided = divideTakeRequest(request, candidates, share);
    const result = this.#mark(await this.#local.takeAccount(divided));
    return 'exclusions' in result ? { ...result, exclusions: [...result.exclusions, ...closed] } : result;
  }

  /** LIM-8 is money: what nobody knows is closed, and so is the reserve, as bindings are not known here either. */
  #isCostOpen({ accountId, windowCost }: AccountCandidate): boolean {
    if (windowCost === null) return true;
    const figure = this.#costs.get(accountId);
    if (!figure || figure.endMs <= this.#context.clock.nowMs()) return false;
    return mapCostBand(figure.spent, windowCost) === 'open';
  }

  #mark(result: TakeAccountResult): TakeAccountResult {
    const { marks } = this.#context;
    if ('registeredSession' in result && result.registeredSession) marks.add([result.registeredSession]);
    if (result.taken) marks.add([result.lease]);
    if (!result.taken && result.reason === 'queued') return { ...result, ticket: marks.wrap(result.ticket) };
    return result;
  }
}
