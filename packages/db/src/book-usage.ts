import {
  decodeOutcome,
  LINE_MARK,
  silentLogger,
  splitAttemptBatch,
  type AttemptBatch,
  type AttemptOutcome,
  type Logger,
  type NodeId,
} from '@tollgate/core';
import { BOOK_LINES, BOOK_ROWS } from './booking/booking-statement.ts';
import { buildUsageRow, type UsageRow } from './build-usage-row.ts';
import { isDataFault } from './is-data-fault.ts';
import type { Database } from './open-database.ts';

/** Where closed attempts go; the journal's port has the same shape. */
export interface UsageSink {
  /** Books a batch entirely or not at all; a fault rejects, and the same batch may be sent again. */
  book(batch: AttemptBatch): Promise<void>;
}

/** The batch holds what nobody can read; sent again, it will be refused again. */
export class UnreadableAttemptError extends Error {
  override readonly name = 'UnreadableAttemptError';
  readonly permanent = true;
}

export interface UsageSinkOptions {
  /** The process that books: when it books what another one left behind, cached balances are stale. null = none does. */
  nodeId: NodeId | null;
  logger: Logger;
}

/**
 * Books attempts into Postgres, each once, whoever sends it and how often: usage row, ledger row, the user's
 * balance and token usage, the windows of the subscription or key, the sums of the hour and a notice of a low balance
 * move in one transaction (MON-5). A row that says `unknown` is replaced by a later one that
 * knows more; nothing else ever changes. A user that is gone has a usage row and no ledger row: there is no
 * balance to move. An attempt of another process than `nodeId` (a journal replayed after a restart) is news to the
 * figures that admission looks at: its user's are invalidated through the outbox, in the same transaction.
 * Lines go to Postgres as they are. A batch with anything else in it, or one whose values Postgres
 * refuses, is read: fields that do not fit are mended, and the logger hears of it.
 */
export function createUsageSink(db: Database, options: UsageSinkOptions = NOBODY): UsageSink {
  const { nodeId, logger } = options;
  return {
    async book(batch) {
      if (batch.count === 0) return;
      if (isLinesOnly(batch.text) && (await bookLines(db, batch.text, nodeId))) return;
      const rows = buildRows(batch, logger);
      await db.sql.unsafe(BOOK_ROWS, [JSON.stringify(rows), nodeId], { prepare: true });
    },
  };
}

const NOBODY: UsageSinkOptions = { nodeId: null, logger: silentLogger };

/** JSON, or a line of an earlier version. */
const OTHER_LINE = new RegExp(`\n(?!${LINE_MARK})`);

function isLinesOnly(text: string): boolean {
  return text.startsWith(LINE_MARK) && !OTHER_LINE.test(text);
}

/** False: Postgres refuses a value. All other faults reject. */
async function bookLines(db: Database, text: string, nodeId: NodeId | null): Promise<boolean> {
  try {
    await db.sql.unsafe(BOOK_LINES, [text, nodeId], { prepare: true });
    return true;
  } catch (error) {
    if (isDataFault(error)) return false;
    throw error;
  }
}

function buildRows(batch: AttemptBatch, logger: Logger): UsageRow[] {
  return splitAttemptBatch(batch).map((text) => {
    const outcome = decodeOutcome(text);
    if (outcome === null) throw new UnreadableAttemptError('an attempt of the batch cannot be read');
    return buildRow(outcome, logger);
  });
}

function buildRow(outcome: AttemptOutcome, logger: Logger): UsageRow {
  const mended: string[] = [];
  const row = buildUsageRow(outcome, (field) => mended.push(field));
  if (mended.length > 0) {
    logger.warn({ attemptId: row.attemptId, fields: mended }, 'an attempt was booked with changed fields');
  }
  return row;
}
