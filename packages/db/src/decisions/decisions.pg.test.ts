import {
  DECISION_NULL,
  DecisionBatch,
  encodeDecisionRecord,
  packPool,
  type DecisionChoice,
  type DecisionDetail,
  type DecisionPool,
  type NotedRound,
} from '@tollgate/core';
import { beforeEach, expect, it } from 'vitest';
import { dropPartitionsBefore } from '../partitions/drop-partitions.ts';
import { ensurePartitions } from '../partitions/ensure-partitions.ts';
import { POOL_PARTITIONS } from '../partitions/periods.ts';
import { forEachDatabase } from '../testing/for-each-database.ts';
import {
  buildDecisionBatch,
  buildTestDecision,
  writeTestDecisions,
} from '../testing/write-test-decisions.ts';
import { findDecision } from './find-decision.ts';
import { listDecisions } from './list-decisions.ts';
import { createDecisionSink } from './write-decisions.ts';

const AT_MS = Date.UTC(2026, 10, 21, 12);
const DAY_MS = 86_400_000;

const build = (n: number, changes: object = {}) =>
  buildTestDecision({ requestId: `req_${n}`, atMs: AT_MS + n, userId: 'usr_gone', ...changes });

const POOL: DecisionPool = {
  groupId: 'grp_gone' as DecisionPool['groupId'],
  candidates: ['acc_1', 'acc_2'] as DecisionPool['candidates'],
  candidateCount: 2,
  excluded: [{ accountId: 'acc_3' as never, reason: 'disabled' }],
  excludedCount: 1,
};
const CHOICE: DecisionChoice = {
  accountId: 'acc_2' as DecisionChoice['accountId'],
  by: 'load',
  waitedMs: 3,
  isProbe: true,
  attemptId: null,
  status: 502,
  error: 'upstream_error',
};
const NOBODY: DecisionChoice = { ...CHOICE, accountId: null, by: null, status: null, error: null };
const TIMES = {
  admittedAfterMs: 1,
  firstContentAfterMs: 0,
  admissionWaitedMs: 2,
  isRouted: true,
  isWarmUp: false,
};
const DETAIL: DecisionDetail = {
  ...TIMES,
  rounds: [
    { ...POOL, ...CHOICE },
    { ...POOL, ...NOBODY },
  ],
};

function note(pool: DecisionPool, choice: DecisionChoice): NotedRound {
  return { pool: packPool(pool), excluded: [], excludedCount: 0, ...choice };
}

forEachDatabase((database) => {
  beforeEach(async () => {
    await dropPartitionsBefore(database.db, POOL_PARTITIONS, Infinity);
    await database.db.sql`truncate request_decisions, decision_pools`;
  });

  it('[OPS-9] a batch is written once, however often it is sent', async () => {
    const { detail } = build(0);
    await Promise.all([
      writeTestDecisions(database.db, [build(1), build(2)]),
      writeTestDecisions(database.db, [build(1), build(2), build(3)]),
    ]);
    await writeTestDecisions(database.db, [build(3, { status: 500 }), build(1), build(1)]);
    await writeTestDecisions(database.db, []);
    const rows = await listDecisions(database.db, { limit: 10 });
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_3', 'req_2', 'req_1']);
    expect(rows[0]).toMatchObject({
      at: new Date(AT_MS + 3).toISOString(),
      user: 'usr_gone',
      status: 200,
      errorCode: null,
    });
    expect(await findDecision(database.db, 'req_2')).toMatchObject({ detail, accountNames: {} });
    expect(await findDecision(database.db, 'req_9')).toBeNull();
  });

  it('[OPS-9] every field comes back', async () => {
    const record = build(1, {
      model: 'm 中\u{1f600}\\N"\'%',
      stream: null,
      status: 503,
      errorCode: 'no_account',
      durationMs: 2_147_483_647,
      attempts: 0,
    });
    await writeTestDecisions(database.db, [record, build(2, { model: null })]);
    const { atMs, userId, keyId, groupId, detail, ...named } = record;
    expect(await findDecision(database.db, 'req_1')).toEqual({
      ...named,
      at: new Date(atMs).toISOString(),
      user: userId,
      key: keyId,
      group: groupId,
      detail,
      accountNames: {},
    });
    expect(await findDecision(database.db, 'req_2')).toMatchObject({ model: null, stream: true });
  });

  it('[OPS-9] a pool is stored once a day for all records that name it', async () => {
    const detail = { ...TIMES, rounds: [note(POOL, CHOICE), note(POOL, NOBODY)] };
    const other = { ...TIMES, rounds: [note({ ...POOL, candidateCount: 70 }, CHOICE)] };
    const write = (from: number) =>
      writeTestDecisions(database.db, [build(from, { detail }), build(from + 1, { detail: other })]);
    await Promise.all([write(1), write(3), write(5)]);
    await write(7);
    const rows = await database.db.sql`
      select id, bool_and(at = date_trunc('day', at, 'UTC')) as "isDay" from decision_pools group by id`;
    expect(rows.map(({ isDay }) => isDay)).toEqual([true, true]);
    for (const id of ['req_1', 'req_7'])
      expect((await findDecision(database.db, id))?.detail).toEqual(DETAIL);
    expect((await findDecision(database.db, 'req_6'))?.detail.rounds).toMatchObject([{ candidateCount: 70 }]);
  });

  it('[OPS-9] what the store excludes comes after what the pool did, up to 50 names', async () => {
    const excluded = Array.from({ length: 50 }, (_, n) => ({
      accountId: `acc_x${n}` as never,
      reason: 'full',
    }));
    const round = { ...note(POOL, CHOICE), excluded, excludedCount: 200 };
    await writeTestDecisions(database.db, [build(1, { detail: { ...TIMES, rounds: [round] } })]);
    const [shown] = (await findDecision(database.db, 'req_1'))?.detail.rounds ?? [];
    expect(shown?.excludedCount).toBe(201);
    expect(shown?.excluded).toEqual([...POOL.excluded, ...excluded.slice(0, 49)]);
  });

  it('[OPS-9] records of earlier versions are shown as they were', async () => {
    await writeTestDecisions(database.db, [build(1), build(2)]);
    const named = JSON.stringify(DETAIL);
    const inFields = JSON.stringify({
      ...DETAIL,
      rounds: DETAIL.rounds.map((round) => Object.values(round)),
    });
    const { sql } = database.db;
    await sql`update request_decisions set trace = null, detail = ${named}::text::jsonb where request_id = 'req_1'`;
    await sql`update request_decisions set trace = null, detail = ${inFields}::text::jsonb where request_id = 'req_2'`;
    for (const id of ['req_1', 'req_2'])
      expect((await findDecision(database.db, id))?.detail).toEqual(DETAIL);
  });

  it('[OPS-9] pools outlast the records of their day; one whose pool is gone is as good as dropped', async () => {
    const { db } = database;
    const detail = { ...TIMES, rounds: [note(POOL, CHOICE)] };
    await writeTestDecisions(db, [build(1, { detail })]);
    const readDayMs = async () => {
      const [row] = await db.sql<{ ms: number }[]>`
        select extract(epoch from max(at))::float8 * 1000 as ms from decision_pools`;
      return row?.ms ?? NaN;
    };
    await ensurePartitions(db, POOL_PARTITIONS, await readDayMs(), 1);
    // After the pool has moved.
    await writeTestDecisions(db, [build(2, { detail })]);
    const dayMs = await readDayMs();
    await dropPartitionsBefore(db, POOL_PARTITIONS, dayMs);
    expect((await findDecision(db, 'req_1'))?.detail).toMatchObject({ rounds: [CHOICE] });
    await dropPartitionsBefore(db, POOL_PARTITIONS, dayMs + DAY_MS);
    expect(await findDecision(db, 'req_1')).toBeNull();
  });

  it('[OPS-9] one record that Postgres refuses does not take the others along, nor their pools', async () => {
    const detail = { ...TIMES, rounds: [note(POOL, CHOICE)] };
    const batch = buildDecisionBatch([
      build(1, { detail }),
      build(3, { status: 1e12 }),
      build(4, { userId: DECISION_NULL }),
      build(5, { detail }),
    ]);
    batch.lines.splice(1, 0, 'no record', encodeDecisionRecord(build(2)).line.replace('model-a', '\0'), '');
    await createDecisionSink(database.db).write(batch);
    await createDecisionSink(database.db).write(new DecisionBatch());
    const rows = await listDecisions(database.db, { limit: 10 });
    expect(rows.map(({ requestId }) => requestId)).toEqual(['req_5', 'req_1']);
    expect((await findDecision(database.db, 'req_5'))?.detail).toMatchObject({ rounds: [{ ...POOL }] });
  });

  it('[CTL-3] pages by key, and filters', async () => {
    const failed = { status: 503, errorCode: 'no_account', model: null, stream: null };
    await writeTestDecisions(
      database.db,
      [1, 2, 3, 4, 5].map((n) => build(n, { atMs: AT_MS, ...(n === 3 ? failed : {}) })),
    );
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
