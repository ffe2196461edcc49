import { SNAPSHOT_SCHEMA_VERSION, TollgateError, type Clock, type Logger } from '@tollgate/core';
import { StoreUnavailableError, type Store } from '@tollgate/store';
import { ExpiringMap } from './expiring-map.ts';

/** AUTH-5. */
const L1_TTL_MS = 15_000;
const L1_NEGATIVE_TTL_MS = 30_000;
const L2_TTL_MS = 300_000;
/** ± 10 %, so that a fleet's entries do not expire together. */
const TTL_SPREAD = 0.1;

export interface SnapshotCacheOptions<Snapshot> {
  /** For the log. */
  family: string;
  /** The entry's name in L2. */
  buildL2Name(name: string): string;
  entriesMax: number;
  /** null = there is no such thing. Faults reject. */
  load(name: string): Promise<Snapshot | null>;
  /** What is kept in place of a snapshot that was loaded. Default: itself. */
  intern?(snapshot: Snapshot): Snapshot;
  store: Store;
  clock: Clock;
  logger: Logger;
  /** [0, 1) */
  random?: () => number;
}

/**
 * Snapshots in three layers: this process (L1), the shared store (L2), Postgres. One load at a time per name.
 * A store fault falls through to Postgres; a Postgres fault is a 503 and is not cached.
 */
export class SnapshotCache<Snapshot extends { schemaVersion: number }> {
  readonly #options: SnapshotCacheOptions<Snapshot>;
  readonly #entries: ExpiringMap<Snapshot | null>;
  readonly #loading = new Map<string, Promise<Snapshot | null>>();
  /** Rises with each invalidation, so that a load that began before one is not cached after it. */
  #generation = 0;

  constructor(options: SnapshotCacheOptions<Snapshot>) {
    this.#options = options;
    this.#entries = new ExpiringMap(options.entriesMax);
  }

  /** L1 only: undefined = not known here, null = known not to exist. */
  peek(name: string): Snapshot | null | undefined {
    return this.#entries.get(name, this.#options.clock.nowMs());
  }

  /** From the first layer that knows. Rejects with TollgateError `unavailable` when none can tell. */
  get(name: string): Promise<Snapshot | null> {
    const known = this.peek(name);
    if (known !== undefined) return Promise.resolve(known);
    const loading = this.#loading.get(name);
    if (loading) return loading;
    const load = this.#load(name).finally(() => {
      if (this.#loading.get(name) === load) this.#loading.delete(name);
    });
    this.#loading.set(name, load);
    return load;
  }

  invalidate(name: string): void {
    this.#forgetLoads();
    this.#entries.delete(name);
  }

  invalidateWhere(isStale: (snapshot: Snapshot) => boolean): void {
    this.#forgetLoads();
    this.#entries.deleteWhere((snapshot) => snapshot !== null && isStale(snapshot));
  }

  invalidateAll(): void {
    this.#forgetLoads();
    this.#entries.clear();
  }

  #forgetLoads(): void {
    this.#generation += 1;
    this.#loading.clear();
  }

  async #load(name: string): Promise<Snapshot | null> {
    const generation = this.#generation;
    const loaded = await this.#loadThroughL2(name);
    const { intern } = this.#options;
    const snapshot = loaded !== null && intern ? intern(loaded) : loaded;
    if (generation === this.#generation) this.#remember(name, snapshot);
    return snapshot;
  }

  async #loadThroughL2(name: string): Promise<Snapshot | null> {
    const l2Name = this.#options.buildL2Name(name);
    const cached = await this.#readL2(l2Name);
    if (cached?.snapshot) return cached.snapshot;
    const snapshot = await this.#loadFromSource(name);
    if (snapshot && cached) {
      const ttlMs = this.#spread(L2_TTL_MS);
      this.#options.store
        .putSnapshot(l2Name, JSON.stringify(snapshot), ttlMs, cached.generation)
        .catch((fault: unknown) =>
          this.#options.logger.debug({ err: fault }, 'snapshot not written to the store'),
        );
    }
    return snapshot;
  }

  /** null = the store could not be asked. */
  async #readL2(l2Name: string): Promise<{ snapshot: Snapshot | null; generation: string } | null> {
    try {
      const { value, generation } = await this.#options.store.getSnapshot(l2Name);
      return { snapshot: value === null ? null : this.#parse(value), generation };
    } catch (error) {
      if (!(error instanceof StoreUnavailableError)) throw error;
      return null;
    }
  }

  /** AUTH-4: anything that is not a snapshot of our version is a miss. */
  #parse(text: string): Snapshot | null {
    try {
      const snapshot = JSON.parse(text) as Snapshot;
      return snapshot.schemaVersion === SNAPSHOT_SCHEMA_VERSION ? snapshot : null;
    } catch {
      return null;
    }
  }

  async #loadFromSource(name: string): Promise<Snapshot | null> {
    try {
      return await this.#options.load(name);
    } catch (cause) {
      this.#options.logger.error({ err: cause, family: this.#options.family }, 'snapshot load failed');
      throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
    }
  }

  #remember(name: string, snapshot: Snapshot | null): void {
    const ttlMs = snapshot === null ? L1_NEGATIVE_TTL_MS : this.#spread(L1_TTL_MS);
    this.#entries.set(name, snapshot, this.#options.clock.nowMs() + ttlMs);
  }

  #spread(ttlMs: number): number {
    const random = this.#options.random ?? Math.random;
    return Math.round(ttlMs * (1 - TTL_SPREAD + 2 * TTL_SPREAD * random()));
  }
}
