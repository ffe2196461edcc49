import {
  buildAttemptBatch,
  encodeOutcome,
  silentLogger,
  type AttemptOutcome,
  type Logger,
  type NodeId,
} from '@tollgate/core';
import { createUsageSink } from '../book-usage.ts';
import type { Database } from '../open-database.ts';

export interface OutcomeSink {
  book(outcomes: readonly AttemptOutcome[]): Promise<void>;
}

/** The usage sink, fed as a journal feeds it. */
export function createOutcomeSink(
  db: Database,
  logger: Logger = silentLogger,
  encode: (outcome: AttemptOutcome) => string = encodeOutcome,
  nodeId: NodeId | null = null,
): OutcomeSink {
  const sink = createUsageSink(db, { logger, nodeId });
  return { book: (outcomes) => sink.book(buildAttemptBatch(outcomes.map(encode))) };
}
