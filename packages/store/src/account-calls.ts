import type { AccountId, AccountReport, LeaseId, PicoUsd, UpstreamWindow } from '@tollgate/core';
import type { AccountState, AccountStore, SessionRegistration, StickyPage } from './account-port.ts';
import type { StickySelection, TakeAccountRequest, TakeAccountResult, WindowCost } from './account-port.ts';
import { StoreUnavailableError } from './port.ts';

/**
 * Hands a store's calls about accounts to the part that answers them. A closed store rejects what is waited for,
 * and does nothing for the rest.
 */
export abstract class AccountCalls implements AccountStore {
  protected abstract readonly accounts: AccountStore;
  protected abstract readonly isClosed: boolean;

  /** Asked once a request: no frame of its own. */
  takeAccount(request: TakeAccountRequest): Promise<TakeAccountResult> {
    if (this.isClosed) return Promise.reject(new StoreUnavailableError('the store is closed'));
    return this.accounts.takeAccount(request);
  }

  reportAccount(report: AccountReport, probe?: LeaseId): void {
    if (!this.isClosed) this.accounts.reportAccount(report, probe);
  }

  async listAccountStates(accountIds: readonly AccountId[]): Promise<AccountState[]> {
    return this.#open().listAccountStates(accountIds);
  }

  async clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void> {
    await this.#open().clearAccountState(accountId, upstreamModel);
  }

  async listStickyBindings(page: { cursor: string | null; limit: number }): Promise<StickyPage> {
    return this.#open().listStickyBindings(page);
  }

  async clearSticky(which: StickySelection): Promise<number> {
    return this.#open().clearSticky(which);
  }

  releaseSession(registration: SessionRegistration): void {
    if (!this.isClosed) this.accounts.releaseSession(registration);
  }

  refreshSession(accountId: AccountId, session: string, idleMs: number): void {
    if (!this.isClosed) this.accounts.refreshSession(accountId, session, idleMs);
  }

  async countSessions(accountIds: readonly AccountId[]): Promise<number[]> {
    return this.#open().countSessions(accountIds);
  }

  async isSessionActive(accountId: AccountId, session: string): Promise<boolean> {
    return this.#open().isSessionActive(accountId, session);
  }

  addWindowCost(accountId: AccountId, cost: PicoUsd): void {
    if (!this.isClosed) this.accounts.addWindowCost(accountId, cost);
  }

  async seedWindowCost(
    accountId: AccountId,
    window: { startMs: number; endMs: number },
    spent: PicoUsd,
    seedToken: string,
  ): Promise<void> {
    await this.#open().seedWindowCost(accountId, window, spent, seedToken);
  }

  async readWindowCosts(accountIds: readonly AccountId[]): Promise<(WindowCost | null)[]> {
    return this.#open().readWindowCosts(accountIds);
  }

  noteUpstreamWindows(accountId: AccountId, windows: readonly UpstreamWindow[]): void {
    if (!this.isClosed) this.accounts.noteUpstreamWindows(accountId, windows);
  }

  async listUpstreamWindows(accountIds: readonly AccountId[]): Promise<UpstreamWindow[][]> {
    return this.#open().listUpstreamWindows(accountIds);
  }

  #open(): AccountStore {
    if (this.isClosed) throw new StoreUnavailableError('the store is closed');
    return this.accounts;
  }
}
