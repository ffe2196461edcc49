import {
  SNAPSHOT_SCHEMA_VERSION,
  type Clock,
  type Invalidation,
  type Logger,
  type PriceSource,
} from '@tollgate/core';
import { builtInPriceBook, createPriceBook, decodePrices, type PriceBook } from '@tollgate/pricing';
import { priceListSnapshotName, priceVersionSnapshotName, type Store } from '@tollgate/store';
import { SnapshotCache } from '../snapshots/snapshot-cache.ts';
import { SwitchingPriceBook } from './switching-price-book.ts';

/** AUTH-6: whatever fails, a node knows after this time which book is in force. */
const REFRESH_INTERVAL_MS = 15_000;

interface VersionSnapshot {
  schemaVersion: number;
  version: string;
}

interface ListSnapshot {
  schemaVersion: number;
  prices: string;
}

export interface PricesInForceOptions {
  source: PriceSource;
  store: Store;
  clock: Clock;
  logger: Logger;
}

/**
 * The price book in force, always at hand: over L2 and Postgres, after each invalidation and every 15 s. While
 * nobody can tell, the last one known stays; before the first, and while none is stored, it is the built-in list.
 */
export class PricesInForce {
  readonly #book = new SwitchingPriceBook(builtInPriceBook);
  readonly #versions: SnapshotCache<VersionSnapshot>;
  readonly #lists: SnapshotCache<ListSnapshot>;
  readonly #logger: Logger;
  #timer: NodeJS.Timeout | undefined;
  /** The refresh under way, and whether something has changed since it began. */
  #running: Promise<void> | null = null;
  #isStale = false;
  /** Nobody could tell at the last refresh. */
  #isUnknown = false;
  /** Those who wait until somebody can. */
  readonly #waiting = new Set<() => void>();

  constructor({ source, ...shared }: PricesInForceOptions) {
    this.#logger = shared.logger;
    this.#versions = new SnapshotCache({
      ...shared,
      family: 'price version',
      buildL2Name: priceVersionSnapshotName,
      entriesMax: 1,
      load: async () => {
        const version = await source.loadVersionInForce();
        return version === null ? null : { schemaVersion: SNAPSHOT_SCHEMA_VERSION, version };
      },
    });
    this.#lists = new SnapshotCache({
      ...shared,
      family: 'price list',
      buildL2Name: priceListSnapshotName,
      entriesMax: 1,
      load: async (version) => {
        const prices = await source.loadPrices(version);
        return prices === null ? null : { schemaVersion: SNAPSHOT_SCHEMA_VERSION, prices };
      },
    });
  }

  /** One object for the life of the process; what is in it changes. */
  get book(): PriceBook {
    return this.#book;
  }

  /** Resolves after the first load, or when it is sure that nobody can tell. Never rejects. */
  async start(): Promise<void> {
    this.#timer = setInterval(() => void this.#refresh(), REFRESH_INTERVAL_MS).unref();
    await this.#refresh();
  }

  stop(): void {
    clearInterval(this.#timer);
  }

  /**
   * Resolves when the change is in force here: while the new list cannot be read the node is behind, and says so.
   * null = this is no change of prices. Never rejects.
   */
  apply({ scope }: Invalidation): Promise<void> | null {
    return scope === 'price' || scope === 'all' ? this.#refreshUntilKnown() : null;
  }

  async #refreshUntilKnown(): Promise<void> {
    await this.#refresh();
    if (this.#isUnknown) await new Promise<void>((resolve) => this.#waiting.add(resolve));
  }

  /** What was read before a change may be old: a refresh that is asked for meanwhile follows this one. */
  #refresh(): Promise<void> {
    this.#isStale = true;
    this.#running ??= this.#refreshWhileStale().finally(() => {
      this.#running = null;
    });
    return this.#running;
  }

  async #refreshWhileStale(): Promise<void> {
    while (this.#isStale) {
      this.#isStale = false;
      this.#versions.invalidateAll();
      try {
        await this.#load();
        this.#noteKnown();
      } catch (fault) {
        this.#isUnknown = true;
        this.#logger.warn(
          { err: fault, version: this.#book.version },
          'prices stay as they are: none could be loaded',
        );
      }
    }
  }

  #noteKnown(): void {
    this.#isUnknown = false;
    for (const resolve of this.#waiting) resolve();
    this.#waiting.clear();
  }

  async #load(): Promise<void> {
    const inForce = await this.#versions.get('');
    const version = inForce?.version ?? builtInPriceBook.version;
    if (version === this.#book.version) return;
    const list = version === builtInPriceBook.version ? null : await this.#lists.get(version);
    if (list === null && version !== builtInPriceBook.version) throw new Error(`no price list of ${version}`);
    this.#book.switchTo(
      list === null ? builtInPriceBook : createPriceBook(decodePrices(list.prices), version),
    );
    this.#logger.info({ version }, 'another price book is in force');
  }
}
