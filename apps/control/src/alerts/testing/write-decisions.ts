import { createId } from '@tollgate/core';
import { createDecisionSink, type Database } from '@tollgate/db';

/** Requests that ended `agoMs` ago, as a node writes them. */
export async function writeRequests(
  db: Database,
  count: number,
  changes: Record<string, unknown> = {},
  agoMs = 30_000,
): Promise<void> {
  const nowMs = Date.now();
  const records = Array.from({ length: count }, () =>
    JSON.stringify({
      requestId: createId('request', nowMs),
      atMs: nowMs - agoMs - 10,
      nodeId: 'nod_1',
      userId: 'usr_1',
      keyId: 'key_1',
      groupId: 'grp_1',
      endpoint: 'messages',
      protocol: 'messages',
      model: 'model-a',
      stream: false,
      status: 200,
      errorCode: null,
      durationMs: 10,
      attempts: 1,
      detail: { firstContentAfterMs: 5, rounds: [] },
      ...changes,
    }),
  );
  await createDecisionSink(db).write(records);
}
