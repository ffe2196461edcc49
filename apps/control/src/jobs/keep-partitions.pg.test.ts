import { silentLogger, systemClock, type Clock } from '@tollgate/core';
import { DECISION_PARTITIONS, openDatabase, USAGE_PARTITIONS, type Database } from '@tollgate/db';
import { createTestDatabase, type TestDatabase } from '@tollgate/testkit';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { createPartitionJob } from './keep-partitions.ts';

const clock: Clock = { ...systemClock, nowMs: () => Date.UTC(2026, 10, 30, 23, 59) };
let database: TestDatabase;
let db: Database;

beforeAll(async () => {
  database = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(database.url);
});

afterAll(async () => {
  await db.close();
  await database.drop();
});

async function readPartitions(): Promise<string[]> {
  const rows = await db.sql<{ name: string }[]>`
    select inhrelid::regclass::text as name from pg_inherits where inhparent = 'usage'::regclass order by 1`;
  return rows.map(({ name }) => name).filter((name) => name !== 'usage_default');
}

beforeEach(async () => {
  for (const name of await readPartitions()) await db.sql`drop table ${db.sql(name)}`;
  await db.sql`create table usage_2026_08 (like usage including all)`;
  await db.sql`alter table usage attach partition usage_2026_08 for values from ('2026-08-01Z') to ('2026-09-01Z')`;
  await db.sql`create table usage_2026_09 (like usage including all)`;
  await db.sql`alter table usage attach partition usage_2026_09 for values from ('2026-09-01Z') to ('2026-10-01Z')`;
});

const AHEAD = ['usage_2026_11', 'usage_2026_12', 'usage_2027_01'];

it('[OPS-1] makes the present month and two more, and keeps all that is old when nobody says how long', async () => {
  const job = createPartitionJob({
    db,
    clock,
    logger: silentLogger,
    table: USAGE_PARTITIONS,
    readKept: async () => null,
  });
  await Promise.all([job.run(), job.run()]);
  expect(await readPartitions()).toEqual(['usage_2026_08', 'usage_2026_09', ...AHEAD]);
  await job.run();
  expect(await readPartitions()).toHaveLength(5);
});

it('[OPS-1] drops months that are older than those to keep', async () => {
  await createPartitionJob({
    db,
    clock,
    logger: silentLogger,
    table: USAGE_PARTITIONS,
    readKept: async () => 2,
  }).run();
  expect(await readPartitions()).toEqual(['usage_2026_09', ...AHEAD]);
});

it('[OPS-1] [OPS-9] keeps days of decision records by themselves', async () => {
  const job = createPartitionJob({
    db,
    clock,
    logger: silentLogger,
    table: DECISION_PARTITIONS,
    readKept: async () => 1,
  });
  const readDays = async () =>
    (
      await db.sql<{ name: string }[]>`
        select inhrelid::regclass::text as name from pg_inherits
        where inhparent = 'request_decisions'::regclass order by 1`
    ).map(({ name }) => name.replace('request_decisions_', ''));
  await db.sql`create table request_decisions_2026_11_28 (like request_decisions including all)`;
  await db.sql`alter table request_decisions attach partition request_decisions_2026_11_28
    for values from ('2026-11-28Z') to ('2026-11-29Z')`;
  await job.run();
  expect(await readDays()).toEqual(['2026_11_30', '2026_12_01', '2026_12_02', 'default']);
  expect(await readPartitions()).toHaveLength(2);
});

it('a database that is away is a warning, and the next round does it; a stopped job begins none', async () => {
  const warnings: string[] = [];
  const logger = { ...silentLogger, warn: (_: object, text: string) => void warnings.push(text) };
  const away = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
  await createPartitionJob({
    db: away,
    clock,
    logger,
    table: USAGE_PARTITIONS,
    readKept: async () => null,
  }).run();
  expect(warnings).toEqual(['partitions wait for the next round']);
  await away.close();
  const stopped = createPartitionJob({
    db,
    clock,
    logger,
    table: USAGE_PARTITIONS,
    readKept: async () => null,
  });
  await stopped.stop();
  await stopped.run();
  expect(await readPartitions()).toHaveLength(2);
});
