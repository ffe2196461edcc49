import { beforeEach, expect, it } from 'vitest';
import { buildTestOutcome } from '../testing/build-test-outcome.ts';
import { createOutcomeSink } from '../testing/create-outcome-sink.ts';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { dropPartitionsBefore } from './drop-partitions.ts';
import { ensurePartitions } from './ensure-partitions.ts';
import { USAGE_PARTITIONS } from './periods.ts';

const NOW_MS = Date.UTC(2026, 10, 21, 12);
const END_OF_NOVEMBER_MS = Date.UTC(2026, 11) - 1;

forEachDatabase((database) => {
  const book = (n: number, atMs: number) =>
    createOutcomeSink(database.db).book([buildTestOutcome(n, { atMs })]);
  async function readPlaces(): Promise<Record<string, string>> {
    const rows = await database.db.sql<{ n: string; place: string }[]>`
      select ltrim(substr(attempt_id, 5), '0') as n, tableoid::regclass::text as place from usage order by 1`;
    return Object.fromEntries(rows.map(({ n, place }) => [n, place]));
  }

  beforeEach(async () => {
    const { db } = database;
    await dropPartitionsBefore(db, USAGE_PARTITIONS, Infinity);
    await db.sql`truncate usage, ledger, usage_hourly`;
  });

  it('[MON-5] a booking needs no partition of its month, and its row moves when there is one', async () => {
    const { db } = database;
    await book(1, NOW_MS);
    await book(2, END_OF_NOVEMBER_MS);
    await book(3, END_OF_NOVEMBER_MS + 1);
    await book(4, Date.UTC(2027, 0));
    await book(5, Date.UTC(2026, 1, 3));
    await book(6, Date.UTC(2030, 1, 3));
    expect(new Set(Object.values(await readPlaces()))).toEqual(new Set(['usage_default']));
    expect(await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 1)).toEqual([
      'usage_2026_02',
      'usage_2026_11',
      'usage_2026_12',
    ]);
    expect(await readPlaces()).toEqual({
      1: 'usage_2026_11',
      2: 'usage_2026_11',
      3: 'usage_2026_12',
      4: 'usage_default',
      5: 'usage_2026_02',
      6: 'usage_default',
    });
    await book(7, NOW_MS + 5);
    await book(1, NOW_MS);
    expect(await readPlaces()).toMatchObject({ 7: 'usage_2026_11' });
    expect(await db.sql`select 1 from usage`).toHaveLength(7);
    expect(await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 1)).toEqual([]);
  });

  it('[MON-6] an unknown attempt is replaced wherever its row has moved to', async () => {
    const { db } = database;
    const sink = createOutcomeSink(db);
    await sink.book([buildTestOutcome(1, { atMs: NOW_MS, state: 'unknown' })]);
    await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 0);
    await sink.book([buildTestOutcome(1, { atMs: NOW_MS })]);
    expect([...(await db.sql`select state, was_unknown from usage`)]).toEqual([
      { state: 'settled', was_unknown: true },
    ]);
  });

  it('makes each month once, and loses no row, while callers and bookings run at once', async () => {
    const { db } = database;
    const other = database.open();
    const jobs = [0, 1, 2, 3].map((n) => ensurePartitions(n % 2 ? db : other, USAGE_PARTITIONS, NOW_MS, 2));
    const bookings = Array.from({ length: 40 }, (_, n) =>
      book(n + 1, Date.UTC(2026, 8 + (n % 6), 1 + (n % 28))),
    );
    const made = (await Promise.all(jobs)).flat();
    await Promise.all(bookings);
    expect(new Set(made).size).toBe(made.length);
    expect(made).toEqual(expect.arrayContaining(['usage_2026_11', 'usage_2026_12', 'usage_2027_01']));
    await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 2);
    const places = Object.values(await readPlaces());
    expect([places.length, places.filter((place) => place === 'usage_default').length]).toEqual([
      40,
      // February lies beyond what was asked for.
      40 - Array.from({ length: 40 }, (_, n) => n % 6).filter((month) => month < 5).length,
    ]);
  });

  it('drops months that are wholly over, never one that has a row to keep', async () => {
    const { db } = database;
    await book(1, Date.UTC(2026, 8, 3));
    await book(2, Date.UTC(2026, 9, 31));
    await book(3, NOW_MS);
    await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 0);
    expect(await dropPartitionsBefore(db, USAGE_PARTITIONS, Date.UTC(2026, 10) - 1)).toEqual([
      'usage_2026_09',
    ]);
    expect(await dropPartitionsBefore(db, USAGE_PARTITIONS, Date.UTC(2026, 10))).toEqual(['usage_2026_10']);
    expect(await readPlaces()).toEqual({ 3: 'usage_2026_11' });
  });

  it('a month that is dropped takes late attempts all the same', async () => {
    const { db } = database;
    await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 0);
    await dropPartitionsBefore(db, USAGE_PARTITIONS, Date.UTC(2027, 0));
    await book(1, NOW_MS);
    expect(await ensurePartitions(db, USAGE_PARTITIONS, NOW_MS, 0)).toEqual(['usage_2026_11']);
    expect(await readPlaces()).toEqual({ 1: 'usage_2026_11' });
  });
});
