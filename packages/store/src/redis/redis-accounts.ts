import { createId, picoUsd, UPSTREAM_WINDOW_NAMES } from '@tollgate/core';
import type { AccountId, AccountReport, Clock, LeaseId, PicoUsd, UpstreamWindow } from '@tollgate/core';
import type { AccountState, SessionRegistration, TakeAccountRequest } from '../account-port.ts';
import type {
  AccountStore,
  StickyPage,
  StickySelection,
  TakeAccountResult,
  WindowCost,
} from '../account-port.ts';
import { checkCostWindow, checkName, checkReport, cutModel } from '../check-account.ts';
import { checkTakeAccount, checkWindows } from '../check-account.ts';
import { checkTtl } from '../check-request.ts';
import type { Sink } from '../direct-store.ts';
import { clampInt64 } from '../int64.ts';
import { parseUpstreamWindow } from '../parse-upstream-window.ts';
import type { Timings } from '../timings.ts';
import { AddWindowCostOp, DropWindowCostOp, NoteWindowsOp, RefreshSessionOp } from './account-ops.ts';
import { ReleaseSessionOp, ReportOp } from './account-ops.ts';
import { parseAccountStates } from './parse-account-states.ts';
import type { Batcher } from './batch.ts';
import type { Keys } from './keys.ts';
import type { LeaseKeeper } from './lease-keeper.ts';
import type { Call } from './call.ts';
import { RedisStickies } from './redis-stickies.ts';
import { ReportCollector } from './report-collector.ts';
import { SCRIPTS } from './scripts.ts';
import { TakeOp } from './take-op.ts';
import type { TicketKeeper } from './ticket-keeper.ts';

export interface RedisAccountsContext {
  keys: Keys;
  clock: Clock;
  batcher: Batcher;
  keeper: LeaseKeeper;
  tickets: TicketKeeper;
  timings: Timings;
  /** 0 ≤ x < 1: decides between equals. */
  random: () => number;
  /** Who waits hears of its grant there: opened with the first. */
  openInbox(): void;
  /** One call outside the batch. Rejects with StoreUnavailableError. */
  request(call: Call): Promise<unknown>;
}

/** Turns a chance into a position that any list can be turned by. */
const TURNS = 1e6;

/** The part of the Redis store that is about accounts. */
export class RedisAccounts implements AccountStore {
  readonly #context: RedisAccountsContext;
  readonly #collector: ReportCollector;
  readonly #stickies: RedisStickies;
  #doubtfulCosts = new Set<AccountId>();

  constructor(context: RedisAccountsContext) {
    this.#context = context;
    this.#stickies = new RedisStickies(context.keys, context.request);
    this.#collector = new ReportCollector(context.timings.collectMs, {
      sendSuccesses: (report, count) => this.#report(report, null, count),
      sendWindows: (accountId, windows) =>
        context.batcher.add(new NoteWindowsOp(context.keys, accountId, windows)),
    });
  }

  takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult> {
    return new Promise((resolve, reject) => this.takeAccountTo(request, { resolve, reject }));
  }

  takeAccountTo(request: TakeAccountRequest, sink: Sink<TakeAccountResult>): void {
    checkTakeAccount(request);
    if (request.candidates.length === 0) {
      queueMicrotask(() => sink.resolve({ taken: false, reason: 'none', exclusions: [] }));
      return;
    }
    const { clock, batcher, random } = this.#context;
    if (request.wait) this.#context.openInbox();
    const chance = { leaseId: createId('lease', clock.nowMs()), turn: Math.floor(random() * TURNS) };
    batcher.add(new TakeOp(this.#context, request, chance, sink));
  }

  reportAccount(report: AccountReport, probe?: LeaseId): void {
    const checked = checkReport(report);
    if (checked.kind === 'success' && probe === undefined) {
      this.#collector.addSuccess(checked);
      return;
    }
    if (checked.kind === 'undecided' && probe === undefined) return;
    if (checked.kind === 'failure') this.#collector.flushSuccesses(checked.accountId);
    this.#report(checked, probe ?? null, 1);
  }

  async listAccountStates(accountIds: readonly AccountId[]): Promise<AccountState[]> {
    const keys = [this.#context.keys.accountStates];
    const reply = await this.#context.request({ script: SCRIPTS.listAccountStates, keys, args: [] });
    return parseAccountStates(reply as string[], new Set(accountIds), this.#context.clock.nowMs());
  }

  async clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void> {
    const { keys } = this.#context;
    await this.#context.request({
      script: SCRIPTS.clearAccountState,
      keys: [keys.accountStates, keys.accountHealth(accountId)],
      args: upstreamModel === undefined ? [accountId] : [accountId, cutModel(upstreamModel)],
    });
  }

  listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage> {
    return this.#stickies.listStickyBindings(page);
  }

  clearSticky(which: StickySelection): Promise<number> {
    return this.#stickies.clearSticky(which);
  }

  releaseSession(registration: SessionRegistration): void {
    this.#context.batcher.add(new ReleaseSessionOp(this.#context.keys, registration));
  }

  refreshSession(accountId: AccountId, session: string, idleMs: number): void {
    checkName(session, 'session');
    checkTtl(idleMs);
    this.#context.batcher.add(new RefreshSessionOp(this.#context.keys, accountId, session, idleMs));
  }

  async countSessions(accountIds: readonly AccountId[]): Promise<number[]> {
    if (accountIds.length === 0) return [];
    const keys = accountIds.map((accountId) => this.#context.keys.sessions(accountId));
    return (await this.#context.request({ script: SCRIPTS.countSessions, keys, args: [] })) as number[];
  }

  async isSessionActive(accountId: AccountId, session: string): Promise<boolean> {
    checkName(session, 'session');
    const keys = [this.#context.keys.sessions(accountId)];
    return (await this.#context.request({ script: SCRIPTS.readSession, keys, args: [session] })) === 1;
  }

  addWindowCost(accountId: AccountId, cost: PicoUsd): void {
    const { keys, batcher } = this.#context;
    batcher.add(new AddWindowCostOp(keys, accountId, cost, this.#doubtCost));
  }

  async seedWindowCost(
    accountId: AccountId,
    window: { startMs: number; endMs: number },
    spent: PicoUsd,
    seedToken: string,
  ): Promise<void> {
    checkCostWindow(window);
    const { keys } = this.#context;
    await this.#context.request({
      script: SCRIPTS.seedWindowCost,
      keys: [keys.windowCost(accountId), keys.windowCostSeed(accountId)],
      args: [window.startMs, window.endMs, clampInt64(spent).toString(), seedToken],
    });
  }

  async readWindowCosts(accountIds: readonly AccountId[]): Promise<(WindowCost | null)[]> {
    if (accountIds.length === 0) return [];
    const keys = accountIds.map((accountId) => this.#context.keys.windowCost(accountId));
    const reply = await this.#context.request({ script: SCRIPTS.readWindowCosts, keys, args: [] });
    return (reply as string[][]).map(([startMs, endMs, spent]) =>
      spent ? { startMs: Number(startMs), endMs: Number(endMs), spent: picoUsd(BigInt(spent)) } : null,
    );
  }

  noteUpstreamWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void {
    checkWindows(windows);
    if (windows.length > 0) this.#collector.noteWindows(accountId, windows);
  }

  async listUpstreamWindows(accountIds: readonly AccountId[]): Promise<UpstreamWindow[][]> {
    if (accountIds.length === 0) return [];
    const fields = accountIds.flatMap((id) => UPSTREAM_WINDOW_NAMES.map((name) => `${id}|${name}`));
    const args = [this.#context.keys.upstreamWindows, ...fields];
    const texts = (await this.#context.request({ command: 'hmget', args })) as (string | null)[];
    const nowMs = this.#context.clock.nowMs();
    return accountIds.map((_, index) => {
      const own = texts.slice(
        index * UPSTREAM_WINDOW_NAMES.length,
        (index + 1) * UPSTREAM_WINDOW_NAMES.length,
      );
      return own.flatMap((text) => parseUpstreamWindow(text, nowMs) ?? []);
    });
  }

  /** Redis is back: figures that may miss a cost are asked for anew. */
  catchUp(): void {
    const doubtful = this.#doubtfulCosts;
    this.#doubtfulCosts = new Set();
    const { keys, batcher } = this.#context;
    for (const accountId of doubtful) batcher.add(new DropWindowCostOp(keys, accountId, this.#doubtCost));
  }

  /** Sends what is collected; the batch goes out with the store's own end. */
  close(): void {
    this.#collector.flush();
    this.catchUp();
  }

  readonly #doubtCost = (accountId: AccountId): void => void this.#doubtfulCosts.add(accountId);

  #report(report: AccountReport, probe: LeaseId | null, count: number): void {
    this.#context.batcher.add(new ReportOp(this.#context.keys, report, probe, count));
  }
}
