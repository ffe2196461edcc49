import type { AccountId, UserId } from '@tollgate/core';
import type {
  LiveAccountState,
  LiveHolder,
  LiveNode,
  LiveNodes,
  LiveStickyPage,
  LiveStickySelection,
  LiveStore,
  LiveUpstreamWindow,
  LiveWindow,
  LiveWindowCost,
} from '../live/live-store.ts';

/** The nodes' shared state as plain fields that a test sets; counts nothing by itself. */
export class MemoryLiveStore implements LiveStore {
  used: (window: LiveWindow) => number = () => 0;
  load: (holder: LiveHolder) => { running: number; waiting: number } = () => ({ running: 0, waiting: 0 });
  states: LiveAccountState[] = [];
  bindings: LiveStickyPage['bindings'] = [];
  sessions = new Map<string, number>();
  costs = new Map<string, LiveWindowCost>();
  upstreamWindows = new Map<string, LiveUpstreamWindow[]>();
  blockedUsers = new Set<string>();
  windowsRead: readonly LiveWindow[] = [];
  /** The number of the last message, as the test API publishes them. */
  number = 0;
  nodes: LiveNode[] = [];
  /** How often the nodes were listed. */
  lists = 0;
  isGone = false;

  async readWindows(windows: readonly LiveWindow[]): Promise<{ used: number; resetMs: number }[]> {
    this.#answer();
    this.windowsRead = windows;
    return windows.map((window) => ({ used: this.used(window), resetMs: 12_345 }));
  }

  async readLoad(holders: readonly LiveHolder[]): Promise<{ running: number; waiting: number }[]> {
    this.#answer();
    return holders.map((holder) => this.load(holder));
  }

  async listAccountStates(accountIds: readonly AccountId[]): Promise<LiveAccountState[]> {
    this.#answer();
    return this.states.filter(({ accountId }) => accountIds.includes(accountId));
  }

  async clearAccountState(accountId: AccountId, upstreamModel?: string): Promise<void> {
    this.#answer();
    this.states = this.states.filter(
      (state) =>
        state.accountId !== accountId ||
        (upstreamModel !== undefined && state.upstreamModel !== upstreamModel),
    );
  }

  async listStickyBindings(page: { cursor: string | null; limit: number }): Promise<LiveStickyPage> {
    this.#answer();
    const start = Number(page.cursor ?? 0);
    const end = start + page.limit;
    const cursor = end < this.bindings.length ? String(end) : null;
    return { bindings: this.bindings.slice(start, end), cursor };
  }

  async clearSticky(which: LiveStickySelection): Promise<number> {
    this.#answer();
    const before = this.bindings.length;
    this.bindings = this.bindings.filter(({ name, accountId }) => {
      if (which === 'all') return false;
      return 'name' in which ? name !== which.name : accountId !== which.accountId;
    });
    return before - this.bindings.length;
  }

  async countSessions(accountIds: readonly AccountId[]): Promise<number[]> {
    this.#answer();
    return accountIds.map((id) => this.sessions.get(id) ?? 0);
  }

  async readWindowCosts(accountIds: readonly AccountId[]): Promise<(LiveWindowCost | null)[]> {
    this.#answer();
    return accountIds.map((id) => this.costs.get(id) ?? null);
  }

  async listUpstreamWindows(accountIds: readonly AccountId[]): Promise<LiveUpstreamWindow[][]> {
    this.#answer();
    return accountIds.map((id) => this.upstreamWindows.get(id) ?? []);
  }

  async clearTokenQuota(userId: UserId): Promise<void> {
    this.#answer();
    this.blockedUsers.delete(userId);
  }

  async listNodes(): Promise<LiveNodes> {
    this.lists += 1;
    // As over a network: not in the turn of the call.
    await new Promise((resolve) => setImmediate(resolve));
    this.#answer();
    return { number: this.number, nodes: this.nodes.map((node) => ({ ...node })) };
  }

  #answer(): void {
    if (!this.isGone) return;
    throw Object.assign(new Error('the store did not answer'), { name: 'StoreUnavailableError' });
  }
}
