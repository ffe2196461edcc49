import { setTimeout as sleep } from 'node:timers/promises';
import type { Invalidation, Logger } from '@tollgate/core';
import type { Database, Transaction } from './open-database.ts';
import { outbox } from './schema/index.ts';

/** Writes down what the transaction changes, so that nodes hear of it if and only if it commits (AUTH-6). */
export async function enqueueInvalidations(
  tx: Transaction,
  invalidations: readonly Invalidation[],
): Promise<void> {
  if (invalidations.length === 0) return;
  await tx.insert(outbox).values(invalidations.map((invalidation) => ({ invalidation })));
}

export interface OutboxDispatcherOptions {
  db: Database;
  /** Tells all nodes; a rejection leaves the rows for the next round. May be called again with the same. */
  publish: (invalidations: readonly Invalidation[]) => Promise<unknown>;
  /** How often rows are looked for that nobody kicked: a crash lay between commit and kick. */
  intervalMs: number;
  logger: Logger;
}

export interface OutboxDispatcher {
  start(): void;
  /** Publishes what is committed now; call it after each commit. Gives the number published; rejects on a fault. */
  kick(): Promise<number>;
  /** Ends the polling; resolves when a round under way is over, or after 5 s: a silent database never ends one. */
  stop(): Promise<void>;
}

const BATCH_ROWS = 500;
const STOP_WAIT_MS = 5_000;

/** Any number of dispatchers may run at once: each row is published by one of them, and by another if that one dies. */
export function createOutboxDispatcher(options: OutboxDispatcherOptions): OutboxDispatcher {
  const { db, publish, intervalMs, logger } = options;
  let timer: NodeJS.Timeout | undefined;
  let running: Promise<number> = Promise.resolve(0);

  const kick = (): Promise<number> => {
    // One round after the other: a kick may not miss the rows of its own commit.
    running = running.then(
      () => dispatchAll(db, publish),
      () => dispatchAll(db, publish),
    );
    return running;
  };
  const poll = (): void => {
    kick().catch((error: unknown) => logger.warn({ err: error }, 'invalidations wait: publishing failed'));
  };
  return {
    start() {
      timer ??= setInterval(poll, intervalMs).unref();
      poll();
    },
    kick,
    async stop() {
      clearInterval(timer);
      timer = undefined;
      await Promise.race([running.catch(() => 0), sleep(STOP_WAIT_MS, 0, { ref: false })]);
    },
  };
}

async function dispatchAll(db: Database, publish: OutboxDispatcherOptions['publish']): Promise<number> {
  let published = 0;
  for (;;) {
    const count = await dispatchBatch(db, publish);
    published += count;
    if (count < BATCH_ROWS) return published;
  }
}

/** Published before the deletion commits: a crash between the two publishes twice, never not at all. */
function dispatchBatch(db: Database, publish: OutboxDispatcherOptions['publish']): Promise<number> {
  return db.sql.begin(async (tx) => {
    const rows = await tx<{ id: string; invalidation: Invalidation }[]>`
      select id, invalidation from outbox order by id limit ${BATCH_ROWS} for update skip locked`;
    if (rows.length === 0) return 0;
    await publish(rows.map((row) => row.invalidation));
    await tx`delete from outbox where id = any(${rows.map((row) => row.id)}::bigint[])`;
    return rows.length;
  });
}
