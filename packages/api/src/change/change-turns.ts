import { TRPCError } from '@trpc/server';
import type { Database } from '@tollgate/db';

/** One that works, and one that waits in the database for the end of other processes' changes. */
const AT_ONCE = 2;
/** Without any change of this process that came to its end meanwhile. */
const WAIT_MS = 10_000;

const turnsOf = new WeakMap<Database, ChangeTurns>();

/**
 * Changes run one after the other anyway: those that wait do so here, and leave the pool's connections to those who only
 * read and to the nodes that are to be told. In the order of their coming; throws SERVICE_UNAVAILABLE when nothing moves.
 */
export function takeTurn<Result>(db: Database, work: () => Promise<Result>): Promise<Result> {
  const turns = turnsOf.get(db) ?? new ChangeTurns();
  turnsOf.set(db, turns);
  return turns.run(work);
}

interface Waiting {
  begin(): void;
  timer: NodeJS.Timeout;
}

class ChangeTurns {
  #running = 0;
  /** In order. */
  readonly #waiting = new Set<Waiting>();

  async run<Result>(work: () => Promise<Result>): Promise<Result> {
    if (this.#running < AT_ONCE) this.#running += 1;
    else await this.#wait();
    try {
      const result = await work();
      for (const { timer } of this.#waiting) timer.refresh();
      return result;
    } finally {
      this.#next();
    }
  }

  #wait(): Promise<void> {
    return new Promise((resolve, reject) => {
      const giveUp = () => {
        this.#waiting.delete(one);
        const message = 'other changes take too long: nothing was changed';
        reject(new TRPCError({ code: 'SERVICE_UNAVAILABLE', message }));
      };
      const one: Waiting = { begin: resolve, timer: setTimeout(giveUp, WAIT_MS).unref() };
      this.#waiting.add(one);
    });
  }

  /** Whoever leaves hands its place over, so `#running` stays as it is. */
  #next(): void {
    const [first] = this.#waiting;
    if (!first) {
      this.#running -= 1;
      return;
    }
    this.#waiting.delete(first);
    clearTimeout(first.timer);
    first.begin();
  }
}
