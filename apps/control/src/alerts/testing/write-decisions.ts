import { createId, type DecisionRecord } from '@tollgate/core';
import type { Database } from '@tollgate/db';
import { buildTestDecision, writeTestDecisions } from '@tollgate/db/testing';

/** Requests that ended `agoMs` ago, as a node writes them. */
export async function writeRequests(
  db: Database,
  count: number,
  changes: Partial<DecisionRecord> = {},
  agoMs = 30_000,
): Promise<void> {
  const nowMs = Date.now();
  const { detail } = buildTestDecision({});
  const records = Array.from({ length: count }, () => ({
    requestId: createId('request', nowMs),
    atMs: nowMs - agoMs - 10,
    stream: false,
    durationMs: 10,
    detail: { ...detail, firstContentAfterMs: 5 },
    ...changes,
  }));
  await writeTestDecisions(db, records);
}
