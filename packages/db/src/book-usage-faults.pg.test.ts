import { buildAttemptBatch, encodeOutcome, silentLogger, type Logger } from '@tollgate/core';
import { createTestDatabase, type TestDatabase } from './testing/create-test-database.ts';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createUsageSink } from './book-usage.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { openDatabase, type Database } from './open-database.ts';
import { users } from './schema/index.ts';

let test: TestDatabase;
let db: Database;
let shipper: Database;

beforeAll(async () => {
  test = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(test.url);
  shipper = openDatabase(test.url, { max: 1, applicationName: 'shipper' });
  await db.insert(users).values({ id: 'usr_1', email: 'a@example.com' });
});

afterAll(async () => {
  await shipper.close();
  await db.close();
  await test.drop();
});

/** Waits until the shipper hangs on a lock inside its transaction, then kills its connection. */
async function killWaitingShipper(): Promise<void> {
  for (let tries = 0; tries < 500; tries += 1) {
    const killed = await db.sql`select pg_terminate_backend(pid) from pg_stat_activity
      where application_name = 'shipper' and wait_event_type = 'Lock'`;
    if (killed.length > 0) return;
    await sleep(10);
  }
  throw new Error('the shipper never waited');
}

it.each([
  ['users', 'lock table users in exclusive mode'],
  ['the ledger', 'lock table ledger in exclusive mode'],
])('[MON-5] a connection killed at %s books nothing, and the batch can be sent again', async (_, lock) => {
  await db.sql`truncate usage, ledger`;
  await db.sql`update users set balance = 0`;
  const batch = [buildTestOutcome(1), buildTestOutcome(2)];
  const sink = createOutcomeSink(shipper);
  await db.sql.begin(async (tx) => {
    await tx.unsafe(lock);
    const booking = Promise.allSettled([sink.book(batch)]);
    await killWaitingShipper();
    expect(await booking).toMatchObject([{ status: 'rejected' }]);
  });
  const read = async (): Promise<unknown> => {
    const [row] = await db.sql`select (select count(*)::int from usage) as usage,
      (select count(*)::int from ledger) as ledger, (select trim_scale(balance) from users) as balance`;
    return row;
  };
  expect(await read()).toEqual({ usage: 0, ledger: 0, balance: '0' });
  await sink.book(batch);
  expect(await read()).toEqual({ usage: 2, ledger: 2, balance: '-0.000006' });
});

it('[MON-6] a database that is away rejects the batch', async () => {
  const away = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
  await expect(createOutcomeSink(away).book([buildTestOutcome(1)])).rejects.toThrow(/ECONNREFUSED/);
  await away.close();
});

it('[MON-6] a batch that nobody can read is refused for good, whole, and says so', async () => {
  await db.sql`truncate usage, ledger`;
  const good = encodeOutcome(buildTestOutcome(1));
  const other = encodeOutcome(buildTestOutcome(2));
  const unreadable = [
    '2\tatt_1',
    other.replace('\t1234\t', '\tsoon\t'),
    other.replace('\tsettled\t', '\tmelted\t'),
    '[99,"from the future"]',
    '',
    'garbage',
  ];
  for (const text of unreadable) {
    const booking = createUsageSink(db).book(buildAttemptBatch([good, text]));
    await expect(booking).rejects.toMatchObject({ permanent: true });
  }
  expect(await db.sql`select 1 from usage`).toHaveLength(0);
});

it('a line that Postgres refuses, although it was written as one, is mended', async () => {
  await db.sql`truncate usage, ledger`;
  const warnings: object[] = [];
  const logger: Logger = { ...silentLogger, warn: (detail) => void warnings.push(detail) };
  const good = encodeOutcome(buildTestOutcome(1));
  const late = encodeOutcome(buildTestOutcome(2)).replace('\t1234\t', '\t99999999999\t');
  await createUsageSink(db, { logger, nodeId: null }).book(buildAttemptBatch([good, late]));
  expect([...(await db.sql`select duration_ms from usage order by attempt_id`)]).toEqual([
    { duration_ms: 1234 },
    { duration_ms: 2 ** 31 - 1 },
  ]);
  expect(warnings).toEqual([{ attemptId: buildTestOutcome(2).attemptId, fields: ['durationMs'] }]);
});
