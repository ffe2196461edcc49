import type { AccountSnapshot, GroupId, Invalidation, Logger } from '@tollgate/core';
import type { Store } from '@tollgate/store';
import type { Snapshots } from './snapshots/snapshots.ts';

export interface TokenRefresherOptions {
  store: Pick<Store, 'requestTokenRefresh'>;
  snapshots: Pick<Snapshots, 'pools'>;
  logger: Logger;
  /** The longest wait for new credentials. Default 5 s. */
  waitMs?: number;
}

interface Waiter {
  accountId: string;
  /** Something about the account has changed: look again. */
  look(): void;
}

const WAIT_MS = 5_000;

/**
 * ACC-3: what a request does that got 401 from an oauth account. The data plane writes no database: it asks the
 * control plane over the shared store, and waits for the invalidation that brings other credentials.
 */
export class TokenRefresher {
  readonly #options: TokenRefresherOptions;
  readonly #waitMs: number;
  readonly #waiters = new Set<Waiter>();
  /** By the credentials that were refused: requests that fail together wait together. */
  readonly #running = new Map<string, Promise<AccountSnapshot | null>>();

  constructor(options: TokenRefresherOptions) {
    this.#options = options;
    this.#waitMs = options.waitMs ?? WAIT_MS;
  }

  /**
   * The same account with other credentials than `refused` has; null = there are none in time, or there will be none:
   * the account is gone or switched off, or the store cannot be asked. Never rejects.
   */
  refresh(refused: AccountSnapshot, groupId: GroupId): Promise<AccountSnapshot | null> {
    const key = `${groupId} ${refused.id} ${refused.sealedCredentials}`;
    const known = this.#running.get(key);
    if (known !== undefined) return known;
    const running = this.#refresh(refused, groupId).finally(() => this.#running.delete(key));
    this.#running.set(key, running);
    return running;
  }

  /** To be told of each invalidation, after the snapshots. */
  apply(invalidation: Invalidation): void {
    const { scope } = invalidation;
    if (scope !== 'account' && scope !== 'group' && scope !== 'all') return;
    for (const waiter of this.#waiters) {
      if (scope !== 'account' || waiter.accountId === invalidation.accountId) waiter.look();
    }
  }

  async #refresh(refused: AccountSnapshot, groupId: GroupId): Promise<AccountSnapshot | null> {
    const { promise, resolve } = Promise.withResolvers<AccountSnapshot | null>();
    const look = (): void => {
      void this.#find(refused, groupId).then((found) => found !== undefined && resolve(found));
    };
    const waiter = { accountId: refused.id, look };
    const timer = setTimeout(() => resolve(null), this.#waitMs);
    timer.unref();
    // Before the first look: an invalidation in between must not be missed.
    this.#waiters.add(waiter);
    try {
      const found = await Promise.race([this.#find(refused, groupId), promise]);
      if (found !== undefined) return found;
      this.#ask(refused, () => resolve(null));
      return await promise;
    } finally {
      clearTimeout(timer);
      this.#waiters.delete(waiter);
    }
  }

  #ask({ id }: AccountSnapshot, giveUp: () => void): void {
    const { store, logger } = this.#options;
    store.requestTokenRefresh(id).catch((fault: unknown) => {
      logger.warn({ err: fault, accountId: id }, 'nobody can be asked for a new token');
      giveUp();
    });
  }

  /** undefined = nothing has changed yet. */
  async #find(refused: AccountSnapshot, groupId: GroupId): Promise<AccountSnapshot | null | undefined> {
    // A pool that cannot be loaded now may be there at the next look.
    const pool = await this.#options.snapshots.pools.get(groupId).catch(() => undefined);
    if (pool === undefined) return undefined;
    const account = pool?.accounts.find(({ id }) => id === refused.id);
    if (account === undefined || account.status !== 'active') return null;
    return account.sealedCredentials === refused.sealedCredentials ? undefined : account;
  }
}
