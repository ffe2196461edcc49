import { afterEach, expect, inject, it } from 'vitest';
import { dropPartitionsBefore } from './partitions/drop-partitions.ts';
import { ensurePartitions } from './partitions/ensure-partitions.ts';
import { USAGE_PARTITIONS } from './partitions/periods.ts';
import { startEmbeddedPostgres } from './embedded/start-embedded-postgres.ts';
import { migrate, readMigrations } from './migrate.ts';
import { openDatabase, type Database } from './open-database.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { createTestDatabase } from './testing/create-test-database.ts';

const closers: (() => Promise<void>)[] = [];

afterEach(async () => {
  for (const close of closers.splice(0).toReversed()) await close();
});

async function openServerDatabase(): Promise<Database> {
  const { url, drop } = await createTestDatabase(inject('postgresUrl'));
  closers.push(drop);
  return openEmptied(url);
}

async function openEmbeddedDatabase(): Promise<Database> {
  const { url, stop } = await startEmbeddedPostgres();
  closers.push(stop);
  return openEmptied(url);
}

async function openEmptied(url: string): Promise<Database> {
  const db = openDatabase(url, { max: 2 });
  closers.push(() => db.close());
  await db.sql`drop schema public cascade`;
  await db.sql`create schema public`;
  return db;
}

/** As release 0004 left it: attempts of two years, one of a clock that is years ahead, and one that nobody knows. */
async function fill(db: Database, thisMonth: string): Promise<void> {
  await db.sql`insert into users (id, email, balance) values ('usr_1', 'u@example.com', 7)`;
  await db.sql`insert into ledger (id, user_id, kind, amount) values
    ('led_a', 'usr_1', 'top-up', 10), ('led_b', 'usr_1', 'redeem', 2), ('led_c', 'usr_1', 'adjustment', -5)`;
  await db.sql`insert into usage (attempt_id, request_id, node_id, at, user_id, key_id, group_id, account_id, protocol,
      model, upstream_model, stream, status, state, input_tokens, cache_read_tokens, cache_write_5m_tokens,
      cache_write_1h_tokens, output_tokens, reasoning_tokens, tool_prompt_tokens, web_search_requests,
      rate_multiplier, standard_cost, actual_cost, duration_ms)
    select 'att_' || lpad(n::text, 26, '0'), 'req_' || n, 'nod_1', case n when 1 then '2039-05-05Z'::timestamptz
        else ${thisMonth}::timestamptz - (n - 2) * interval '1 hour' end,
      'usr_1', 'key_1', 'grp_1', 'acc_1', 'messages', 'm', 'm', true, 200, case n when 5 then 'unknown' else 'settled' end,
      1, 0, 0, 0, 2, 0, 0, 0, 1, 0.5, 0.25, 3
    from generate_series(1, 15000) n`;
}

it.each([
  { name: 'postgres', open: openServerDatabase },
  { name: 'embedded', open: openEmbeddedDatabase },
])(
  '[MON-5] $name: usage of an older release goes on as one partition, and nothing of it is lost',
  async ({ open }) => {
    const db = await open();
    const upTo = readMigrations().findIndex(({ name }) => name.startsWith('0005'));
    await migrate(db, readMigrations().slice(0, upTo));
    const now = new Date();
    await fill(db, now.toISOString());
    const digest = () => db.sql`select count(*)::int as rows, sum(actual_cost)::text as cost,
    md5(string_agg(attempt_id || at::text || state || request_id, ',' order by attempt_id)) as digest from usage`;
    const before = await digest();
    await migrate(db);
    expect([...(await digest())]).toEqual([...before]);

    const places =
      await db.sql`select tableoid::regclass::text as place, count(*)::int from usage group by 1 order by 1`;
    expect([...places]).toEqual([
      { place: 'usage_before_months', count: 14_999 },
      { place: 'usage_default', count: 1 },
    ]);
    const [hours] = await db.sql`select sum(attempts)::int as attempts, sum(actual_cost)::text as cost,
    count(*) filter (where state = 'unknown')::int as unknown from usage_hourly`;
    expect(hours).toEqual({ attempts: 15_000, cost: before[0]?.['cost'], unknown: 1 });
    expect([...(await db.sql`select total_recharged::int as total from users`)]).toEqual([{ total: 12 }]);

    // What was booked before is known still, and what was unknown can be learned.
    const at = (n: number) => ({ atMs: now.getTime() - (n - 2) * 3_600_000, userId: 'usr_1' as never });
    const sink = createOutcomeSink(db);
    await sink.book([
      buildTestOutcome(4, at(4)),
      buildTestOutcome(5, at(5)),
      buildTestOutcome(20_000, at(2)),
    ]);
    expect([...(await db.sql`select balance::text as balance from users`)]).toEqual([
      { balance: '6.999994000000' },
    ]);
    expect([
      ...(await db.sql`select state from usage where attempt_id = ${buildTestOutcome(5).attemptId}`),
    ]).toEqual([{ state: 'settled' }]);

    // The present month is in the old partition; the next ones get their own, and it goes when it is old as a whole.
    const monthAfter = (months: number) => Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + months);
    expect(await ensurePartitions(db, USAGE_PARTITIONS, now.getTime(), 2)).toHaveLength(2);
    expect(await dropPartitionsBefore(db, USAGE_PARTITIONS, monthAfter(1) - 1)).toEqual([]);
    expect(await dropPartitionsBefore(db, USAGE_PARTITIONS, monthAfter(1))).toEqual(['usage_before_months']);
    expect(await db.sql`select 1 from usage`).toHaveLength(1);
  },
);

it('an empty older release leaves no old partition behind', async () => {
  const db = await openServerDatabase();
  await migrate(db);
  expect(await db.sql`select 1 from pg_class where relname = 'usage_before_months'`).toHaveLength(0);
});
