import { createId, DecisionBatch, encodeDecisionRecord, type DecisionRecord } from '@tollgate/core';
import { createDecisionSink, type Database } from '@tollgate/db';

/** Requests that ended `agoMs` ago, as a node writes them. */
export async function writeRequests(
  db: Database,
  count: number,
  changes: Partial<DecisionRecord> = {},
  agoMs = 30_000,
): Promise<void> {
  const nowMs = Date.now();
  const batch = new DecisionBatch();
  for (let n = 0; n < count; n += 1) {
    const record = encodeDecisionRecord({
      requestId: createId('request', nowMs),
      atMs: nowMs - agoMs - 10,
      nodeId: 'nod_1' as DecisionRecord['nodeId'],
      userId: 'usr_1' as DecisionRecord['userId'],
      keyId: 'key_1' as DecisionRecord['keyId'],
      groupId: 'grp_1' as DecisionRecord['groupId'],
      endpoint: 'messages',
      protocol: 'messages',
      model: 'model-a',
      stream: false,
      status: 200,
      errorCode: null,
      durationMs: 10,
      attempts: 1,
      detail: {
        admittedAfterMs: 1,
        firstContentAfterMs: 5,
        admissionWaitedMs: 0,
        isRouted: false,
        isWarmUp: false,
        rounds: [],
      },
      ...changes,
    });
    batch.add(record);
  }
  await createDecisionSink(db).write(batch);
}
