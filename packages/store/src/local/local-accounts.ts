import { createId, UPSTREAM_WINDOW_NAMES } from '@tollgate/core';
import type { AccountId, AccountReport, Clock, LeaseId, PicoUsd, UpstreamWindow } from '@tollgate/core';
import type { AccountState, AccountStore, SessionRegistration, StickyPage } from '../account-port.ts';
import type { StickySelection, TakeAccountRequest, TakeAccountResult, WindowCost } from '../account-port.ts';
import { checkCostWindow, checkName, checkReport, cutModel } from '../check-account.ts';
import { checkTakeAccount, checkWindows } from '../check-account.ts';
import { checkTtl } from '../check-request.ts';
import { isCurrent } from '../parse-upstream-window.ts';
import { select5hEnd } from '../rules/upstream-windows.ts';
import type { Timings } from '../timings.ts';
import { AccountTaker, TakenOrder } from './account-taker.ts';
import { HealthTable } from './health-table.ts';
import { SessionTable } from './session-table.ts';
import type { SlotTable } from './slot-table.ts';
import { StickyTable } from './sticky-table.ts';
import type { WaitQueues } from './wait-queues.ts';
import { WindowCostTable } from './window-cost-table.ts';

const TURNS = 1e6;

export interface LocalAccountsContext {
  slots: SlotTable;
  queues: WaitQueues;
  clock: Clock;
  timings: Timings;
  random: () => number;
}

/** The part of the in-process store that is about accounts. */
export class LocalAccounts implements AccountStore {
  readonly #slots: SlotTable;
  readonly #queues: WaitQueues;
  readonly #clock: Clock;
  readonly #timings: Timings;
  readonly #random: () => number;
  readonly #health = new HealthTable();
  readonly #sessions = new SessionTable();
  readonly #costs = new WindowCostTable();
  readonly #stickies = new StickyTable();
  readonly #order = new TakenOrder();
  readonly #windows = new Map<AccountId, Map<string, UpstreamWindow>>();

  constructor(context: LocalAccountsContext) {
    this.#slots = context.slots;
    this.#queues = context.queues;
    this.#clock = context.clock;
    this.#timings = context.timings;
    this.#random = context.random;
  }

  async takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult> {
    checkTakeAccount(request);
    const tables = {
      slots: this.#slots,
      health: this.#health,
      sessions: this.#sessions,
      costs: this.#costs,
      stickies: this.#stickies,
      order: this.#order,
      queues: this.#queues,
      nowMs: () => this.#clock.nowMs(),
    };
    const nowMs = this.#clock.nowMs();
    const { leaseTtlMs, seedTokenTtlMs } = this.#timings;
    const turn = Math.floor(this.#random() * TURNS);
    const leaseId = createId('lease', nowMs);
    return new AccountTaker(tables, request, { nowMs, leaseTtlMs, seedTokenTtlMs, leaseId, turn }).take();
  }

  reportAccount(report: AccountReport, probe?: LeaseId): void {
    const { accountId } = report;
    this.#health.report(checkReport(report), probe ?? null, this.#clock.nowMs());
    // Whoever waits for an account that is kept out now goes elsewhere.
    if (!this.#queues.isEmpty) this.#queues.noteFreed([{ kind: 'account', accountId }]);
  }

  async listAccountStates(accountIds: readonly AccountId[]): Promise<AccountState[]> {
    return this.#health.list(new Set(accountIds), this.#clock.nowMs());
  }

  async clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void> {
    this.#health.clear(accountId, upstreamModel === undefined ? undefined : cutModel(upstreamModel));
  }

  async listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage> {
    return this.#stickies.list(page, this.#clock.nowMs());
  }

  async clearSticky(which: StickySelection): Promise<number> {
    return this.#stickies.clear(which, this.#clock.nowMs());
  }

  releaseSession(registration: SessionRegistration): void {
    this.#sessions.release(registration);
  }

  refreshSession(accountId: AccountId, session: string, idleMs: number): void {
    checkName(session, 'session');
    checkTtl(idleMs);
    this.#sessions.refresh(accountId, session, idleMs, this.#clock.nowMs());
  }

  async countSessions(accountIds: readonly AccountId[]): Promise<number[]> {
    const nowMs = this.#clock.nowMs();
    return accountIds.map((accountId) => this.#sessions.count(accountId, nowMs));
  }

  async isSessionActive(accountId: AccountId, session: string): Promise<boolean> {
    checkName(session, 'session');
    return this.#sessions.isLive(accountId, session, this.#clock.nowMs());
  }

  addWindowCost(accountId: AccountId, cost: PicoUsd): void {
    this.#costs.add(accountId, cost, this.#clock.nowMs());
  }

  async seedWindowCost(
    accountId: AccountId,
    window: { startMs: number; endMs: number },
    spent: PicoUsd,
    seedToken: string,
  ): Promise<void> {
    checkCostWindow(window);
    this.#costs.seed(accountId, window, spent, seedToken, this.#clock.nowMs());
  }

  async readWindowCosts(accountIds: readonly AccountId[]): Promise<(WindowCost | null)[]> {
    const nowMs = this.#clock.nowMs();
    return accountIds.map((accountId) => this.#costs.read(accountId, nowMs));
  }

  noteUpstreamWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void {
    checkWindows(windows);
    const known = this.#windows.get(accountId) ?? new Map<string, UpstreamWindow>();
    this.#windows.set(accountId, known);
    for (const window of windows) known.set(window.name, window);
    const endMs = select5hEnd(windows);
    if (endMs !== null) this.#costs.outdate(accountId, endMs, this.#clock.nowMs());
  }

  async listUpstreamWindows(accountIds: readonly AccountId[]): Promise<UpstreamWindow[][]> {
    const nowMs = this.#clock.nowMs();
    return accountIds.map((accountId) => {
      const known = this.#windows.get(accountId);
      return UPSTREAM_WINDOW_NAMES.flatMap((name) => known?.get(name) ?? []).filter((window) =>
        isCurrent(window, nowMs),
      );
    });
  }

  sweep(): void {
    const nowMs = this.#clock.nowMs();
    this.#sessions.sweep(nowMs);
    this.#costs.sweep(nowMs);
    this.#stickies.sweep(nowMs);
  }
}
