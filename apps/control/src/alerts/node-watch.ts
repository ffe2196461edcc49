import type { LiveStore } from '@tollgate/api/server';
import type { Clock } from '@tollgate/core';

/** A node that was not heard of for so long missed its last heartbeat; as in the list of nodes. */
const SILENT_AFTER_MS = 15_000;
/** The store forgets a dead node 15 s later: it is remembered here for longer, so that nobody misses it. */
const REMEMBERED_MS = 600_000;

/**
 * Remembers nodes that fell silent and did not come back. One that stopped in order takes itself off the list and is
 * not missed.
 */
export class NodeWatch {
  readonly #source: Pick<LiveStore, 'listNodes'>;
  readonly #clock: Clock;
  /** Id → when its silence was first seen, monotonic ms. */
  readonly #silent = new Map<string, number>();

  constructor(source: Pick<LiveStore, 'listNodes'>, clock: Clock) {
    this.#source = source;
    this.#clock = clock;
  }

  /** How many are silent, after one more look. Rejects when the store is away. */
  async count(): Promise<number> {
    const { nodes } = await this.#source.listNodes();
    const nowMs = this.#clock.monotonicMs();
    for (const { id, silentMs } of nodes) {
      if (silentMs < SILENT_AFTER_MS) this.#silent.delete(id);
      else if (!this.#silent.has(id)) this.#silent.set(id, nowMs);
    }
    for (const [id, sinceMs] of this.#silent) {
      if (nowMs - sinceMs >= REMEMBERED_MS) this.#silent.delete(id);
    }
    return this.#silent.size;
  }
}
