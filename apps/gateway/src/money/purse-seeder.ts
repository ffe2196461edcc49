import {
  TollgateError,
  type KeyId,
  type LoadedPurses,
  type SnapshotSource,
  type SubscriptionId,
  type UserId,
} from '@tollgate/core';
import type { PurseName, PurseSeed, Store } from '@tollgate/store';
import { selectPurseUse } from './select-purse-use.ts';

/** What the books are asked for: all that one key may be paid from. */
export interface PurseOwner {
  userId: UserId;
  keyId: KeyId;
  /** null = no subscription pays. */
  subscriptionId: SubscriptionId | null;
}

export interface PurseSeederOptions {
  source: Pick<SnapshotSource, 'loadPurses'>;
  store: Pick<Store, 'seedPurses'>;
}

/** How long a figure lives in the store without being read anew from Postgres. */
const PURSES_TTL_MS = 300_000;

/**
 * Reads from the books what the store does not know of a user's money, and puts it there. Of requests that ask for the
 * same with the same token one reads: the token was given before the reading began, so the figures are as young for
 * all of them.
 */
export class PurseSeeder {
  readonly #options: PurseSeederOptions;
  readonly #seeding = new Map<string, Promise<void>>();

  constructor(options: PurseSeederOptions) {
    this.#options = options;
  }

  /** Rejects with TollgateError `unavailable` when the books cannot be read (fail closed); store faults go through. */
  seed(owner: PurseOwner, purses: readonly PurseName[], seedToken: string): Promise<void> {
    const name = `${owner.userId} ${owner.keyId} ${owner.subscriptionId} ${seedToken} ${purses.map(describePurse).join()}`;
    const running = this.#seeding.get(name);
    if (running) return running;
    const seeding = this.#seed(owner, purses, seedToken).finally(() => this.#seeding.delete(name));
    this.#seeding.set(name, seeding);
    return seeding;
  }

  async #seed(owner: PurseOwner, purses: readonly PurseName[], seedToken: string): Promise<void> {
    const loaded = await this.#load(owner);
    const seeds = purses.map((purse): PurseSeed => {
      const { spent, startMs } = selectPurseUse(purse, loaded);
      return { purse, amount: spent, startMs };
    });
    await this.#options.store.seedPurses(owner.userId, seeds, PURSES_TTL_MS, seedToken);
  }

  async #load({ userId, keyId, subscriptionId }: PurseOwner): Promise<LoadedPurses> {
    try {
      return await this.#options.source.loadPurses(userId, keyId, subscriptionId);
    } catch (cause) {
      throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
    }
  }
}

function describePurse(purse: PurseName): string {
  return purse.kind === 'balance' ? 'balance' : `${purse.kind}:${purse.window}`;
}
