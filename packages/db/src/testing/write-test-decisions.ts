import { DecisionBatch, encodeDecisionRecord, type DecisionRecord } from '@tollgate/core';
import { createDecisionSink } from '../decisions/write-decisions.ts';
import type { Database } from '../open-database.ts';

const RECORD: DecisionRecord = {
  requestId: 'req_1' as DecisionRecord['requestId'],
  atMs: Date.UTC(2026, 10, 21, 12),
  nodeId: 'nod_1' as DecisionRecord['nodeId'],
  userId: 'usr_1' as DecisionRecord['userId'],
  keyId: 'key_1' as DecisionRecord['keyId'],
  groupId: 'grp_1' as DecisionRecord['groupId'],
  endpoint: 'messages',
  protocol: 'messages',
  model: 'model-a',
  stream: true,
  status: 200,
  errorCode: null,
  durationMs: 5,
  attempts: 1,
  detail: {
    admittedAfterMs: 1,
    firstContentAfterMs: null,
    admissionWaitedMs: 0,
    isRouted: false,
    isWarmUp: false,
    rounds: [],
  },
};

type Changes = Partial<Record<keyof DecisionRecord, unknown>>;

/** Ids may be any text here. */
export function buildTestDecision(changes: Changes): DecisionRecord {
  return { ...RECORD, ...changes } as DecisionRecord;
}

export function buildDecisionBatch(records: readonly DecisionRecord[]): DecisionBatch {
  const batch = new DecisionBatch();
  for (const record of records) batch.add(encodeDecisionRecord(record));
  return batch;
}

/** As a node writes them, in one batch. */
export async function writeTestDecisions(db: Database, changes: readonly Changes[]): Promise<void> {
  await createDecisionSink(db).write(buildDecisionBatch(changes.map(buildTestDecision)));
}
