import { setTimeout as sleep } from 'node:timers/promises';
import type { Invalidation, Logger } from '@tollgate/core';
import type { Database, Transaction } from './open-database.ts';
import { outbox } from './schema/index.ts';

/**
 * Writes down what the transaction changes, so that nodes hear of it if and only if it commits (AUTH-6). Gives the ids
 * of the rows, for {@link OutboxDispatcher.push}.
 */
export async function enqueueInvalidations(
  tx: Transaction,
  invalidations: readonly Invalidation[],
): Promise<number[]> {
  if (invalidations.length === 0) return [];
  const rows = invalidations.map((invalidation) => ({ invalidation }));
  const written = await tx.insert(outbox).values(rows).returning({ id: outbox.id });
  return written.map(({ id }) => id);
}

export interface OutboxDispatcherOptions {
  db: Database;
  /**
   * Tells all nodes, and gives the number of the message; of the last one when there is nothing to tell. A rejection
   * leaves the rows for the next round. May be called again with the same.
   */
  publish: (invalidations: readonly Invalidation[]) => Promise<number>;
  /** How often rows are looked for that nobody kicked: a crash lay between commit and kick. */
  intervalMs: number;
  logger: Logger;
}

export interface OutboxDispatcher {
  start(): void;
  /** Publishes what is committed now; call it after each commit. Gives the number published; rejects on a fault. */
  kick(): Promise<number>;
  /**
   * Publishes what is committed now, these rows among it. Gives the number of a message by which all of them have
   * been told, whichever dispatcher told them. Rejects on a fault, and when another one holds them for seconds.
   */
  push(rowIds: readonly number[]): Promise<number>;
  /** Ends the polling; resolves when a round under way is over, or after 5 s: a silent database never ends one. */
  stop(): Promise<void>;
}

const BATCH_ROWS = 500;
const STOP_WAIT_MS = 5_000;
const HELD_LOOK_MS = 10;
const HELD_LOOKS_MAX = 300;

/** Any number of dispatchers may run at once: each row is published by one of them, and by another if that one dies. */
export function createOutboxDispatcher(options: OutboxDispatcherOptions): OutboxDispatcher {
  const { db, publish, intervalMs, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<Round> = Promise.resolve(new Map());

  const runRound = (): Promise<Round> => {
    // One round after the other: a kick may not miss the rows of its own commit.
    running = running.then(
      () => dispatchAll(db, publish),
      () => dispatchAll(db, publish),
    );
    return running;
  };
  let isPolling = false;
  const poll = (): void => {
    // One that waits is enough: behind a store or a database that is silent they would pile up, before everybody's push.
    if (isPolling) return;
    isPolling = true;
    runRound()
      .catch((error: unknown) => logger.warn({ err: error }, 'invalidations wait: publishing failed'))
      .finally(() => (isPolling = false));
  };
  return {
    start() {
      timer ??= setInterval(poll, intervalMs).unref();
      poll();
    },
    kick: async () => (await runRound()).size,
    async push(rowIds) {
      for (let look = 0; look < HELD_LOOKS_MAX; look += 1) {
        const round = await runRound();
        const numbers = rowIds.flatMap((id) => round.get(id) ?? []);
        if (numbers.length > 0 && numbers.length === rowIds.length) return Math.max(...numbers);
        // Another round, here or elsewhere, has told them: by now, so the present number covers them.
        if (!(await hasAny(db, rowIds))) return publish([]);
        await sleep(HELD_LOOK_MS, null, { ref: false });
      }
      throw new Error('another dispatcher holds the rows and does not publish them');
    },
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await Promise.race([running.catch(() => null), sleep(STOP_WAIT_MS, 0, { ref: false })]);
    },
  };
}

/** Row → the number of the message that told of it. */
type Round = ReadonlyMap<number, number>;

async function dispatchAll(db: Database, publish: OutboxDispatcherOptions['publish']): Promise<Round> {
  const round = new Map<number, number>();
  for (;;) {
    const { ids, number } = await dispatchBatch(db, publish);
    for (const id of ids) round.set(Number(id), number);
    if (ids.length < BATCH_ROWS) return round;
  }
}

async function hasAny(db: Database, rowIds: readonly number[]): Promise<boolean> {
  const rows = await db.sql`select 1 from outbox where id = any(${rowIds.map(String)}::bigint[]) limit 1`;
  return rows.length > 0;
}

/** Published before the deletion commits: a crash between the two publishes twice, never not at all. */
function dispatchBatch(
  db: Database,
  publish: OutboxDispatcherOptions['publish'],
): Promise<{ ids: string[]; number: number }> {
  return db.sql.begin(async (tx) => {
    const rows = await tx<{ id: string; invalidation: Invalidation }[]>`
      select id, invalidation from outbox order by id limit ${BATCH_ROWS} for update skip locked`;
    const ids = rows.map((row) => row.id);
    if (rows.length === 0) return { ids, number: 0 };
    const number = await publish(rows.map((row) => row.invalidation));
    await tx`delete from outbox where id = any(${ids}::bigint[])`;
    return { ids, number };
  });
}
