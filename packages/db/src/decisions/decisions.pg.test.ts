import {
  encodeDecisionRecord,
  type DecisionDetail,
  type DecisionRecord,
  type DecisionRound,
  type RequestId,
} from '@tollgate/core';
import { beforeEach, expect, it } from 'vitest';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { findDecision } from './find-decision.ts';
import { listDecisions } from './list-decisions.ts';
import { createDecisionSink } from './write-decisions.ts';

const AT_MS = Date.UTC(2026, 10, 21, 12);
const RECORD: Omit<DecisionRecord, 'requestId' | 'detail'> = {
  atMs: AT_MS,
  nodeId: 'nod_1' as never,
  userId: 'usr_1' as never,
  keyId: 'key_1' as never,
  groupId: 'grp_1' as never,
  endpoint: 'messages',
  protocol: 'messages',
  model: 'm',
  stream: true,
  status: 200,
  errorCode: null,
  durationMs: 5,
  attempts: 2,
};
const detail = { rounds: [], admittedAfterMs: 1, firstContentAfterMs: null };

/** Some of the records are none that a node would write. */
const encodeRecord = (fields: object): string => JSON.stringify(Object.values(fields));

function build(n: number, fields: object = {}): string {
  return encodeRecord({
    requestId: `req_${n}`,
    atMs: AT_MS + n,
    nodeId: 'nod_1',
    userId: 'usr_gone',
    keyId: 'key_gone',
    groupId: 'grp_gone',
    endpoint: 'messages',
    protocol: 'messages',
    model: 'm',
    stream: false,
    status: 200,
    errorCode: null,
    durationMs: 5,
    attempts: 1,
    detail,
    ...fields,
  });
}

forEachDatabase((database) => {
  beforeEach(() => database.db.sql`truncate request_decisions`);

  it('[OPS-9] a batch is written once, however often it is sent', async () => {
    const sink = createDecisionSink(database.db);
    await Promise.all([sink.write([build(1), build(2)]), sink.write([build(2), build(1), build(3)])]);
    await sink.write([]);
    const rows = await listDecisions(database.db, { limit: 10 });
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_3', 'req_2', 'req_1']);
    expect(rows[0]).toMatchObject({
      at: new Date(AT_MS + 3).toISOString(),
      user: 'usr_gone',
      errorCode: null,
    });
    expect(await findDecision(database.db, 'req_2')).toMatchObject({ detail, accountNames: {} });
    expect(await findDecision(database.db, 'req_9')).toBeNull();
  });

  it('[OPS-9] rounds come back with the names of their fields, from records of earlier versions too', async () => {
    const round: DecisionRound = {
      groupId: 'grp_gone' as DecisionRound['groupId'],
      candidates: ['acc_1', 'acc_2'] as DecisionRound['candidates'],
      candidateCount: 2,
      excluded: [{ accountId: 'acc_3' as never, reason: 'disabled' }],
      excludedCount: 1,
      accountId: 'acc_2' as DecisionRound['accountId'],
      by: 'load',
      waitedMs: 3,
      isProbe: true,
      attemptId: null,
      status: 502,
      error: 'upstream_error',
    };
    const whole: DecisionDetail = {
      admittedAfterMs: 1,
      firstContentAfterMs: null,
      admissionWaitedMs: 2,
      isRouted: true,
      isWarmUp: false,
      rounds: [round, { ...round, accountId: null, by: null, status: null, error: null }],
    };
    const record = { ...RECORD, detail: whole };
    await createDecisionSink(database.db).write([
      encodeDecisionRecord({ ...record, requestId: 'req_1' as RequestId }),
      build(2, { detail: whole }),
    ]);
    for (const id of ['req_1', 'req_2']) expect((await findDecision(database.db, id))?.detail).toEqual(whole);
  });

  it('[OPS-9] one record that Postgres refuses does not take the others along', async () => {
    const sink = createDecisionSink(database.db);
    await sink.write([
      build(1),
      build(2, { model: '\u0000' }),
      build(3, { status: 1e12 }),
      build(4, { userId: null }),
      build(5),
    ]);
    const rows = await listDecisions(database.db, { limit: 10 });
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_5', 'req_1']);
  });

  it('[CTL-3] pages by key, and filters', async () => {
    const sink = createDecisionSink(database.db);
    const failed = { status: 503, errorCode: 'no_account', model: null, stream: null };
    await sink.write([1, 2, 3, 4, 5].map((n) => build(n, { atMs: AT_MS, ...(n === 3 ? failed : {}) })));
    const seen: string[] = [];
    for (;;) {
      const last = seen.at(-1);
      const after =
        last === undefined ? {} : { after: { at: new Date(AT_MS).toISOString(), requestId: last } };
      const page = await listDecisions(database.db, { limit: 2, ...after });
      if (page.length === 0) break;
      seen.push(...page.map(({ requestId }) => requestId));
    }
    expect(seen).toEqual(['req_5', 'req_4', 'req_3', 'req_2', 'req_1']);
    for (const query of [{ failedOnly: true }, { errorCode: 'no_account' }]) {
      const rows = await listDecisions(database.db, { limit: 9, ...query });
      expect(rows).toMatchObject([{ requestId: 'req_3', model: null, stream: null }]);
    }
    for (const query of [{ model: 'x' }, { userEmail: 'nobody@example.com' }, { keyId: 'key_x' }])
      expect(await listDecisions(database.db, { limit: 9, ...query })).toEqual([]);
  });
});
