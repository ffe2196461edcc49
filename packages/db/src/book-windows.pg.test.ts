import { picoUsd, type AttemptOutcome, type KeyId, type SubscriptionId, type UserId } from '@tollgate/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { createSnapshotSource } from './load-snapshots.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import { buildPayer, resetMoney } from './testing/money-fixture.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Windows are judged by the clock of Postgres where attempts come late. */
const NOW_MS = Date.now();
const COST = picoUsd(3_000_000_000_000n);

forEachDatabase((database) => {
  const book = (...batch: AttemptOutcome[]) => createOutcomeSink(database.db).book(batch);
  const attempt = (n: number, atMs: number, changes: Partial<AttemptOutcome> = {}) =>
    buildTestOutcome(n, { ...buildPayer('usr_1', true), atMs, actualCost: COST, ...changes });
  const readPurses = () =>
    createSnapshotSource(database.db).loadPurses(
      'usr_1' as UserId,
      'key_1' as KeyId,
      'sub_1' as SubscriptionId,
    );

  beforeEach(() => resetMoney(database.db));

  it('[MON-9] a subscription pays by its windows: no ledger row, no balance, but the key and the tokens count', async () => {
    await book(attempt(1, NOW_MS), attempt(2, NOW_MS + 5));
    const begun = { spent: 2n * COST, startMs: NOW_MS };
    expect(await readPurses()).toEqual({
      balance: 0n,
      key: { total: { spent: 2n * COST, startMs: null }, '5h': begun, '1d': begun, '7d': begun },
      subscription: { day: begun, week: begun, month: begun },
    });
    expect(await database.db.sql`select 1 from ledger`).toHaveLength(0);
    expect([...(await database.db.sql`select token_usage as tokens from users order by id`)]).toEqual([
      { tokens: '30' },
      { tokens: '0' },
    ]);
    expect([...(await database.db.sql`select distinct subscription_id from usage`)]).toEqual([
      { subscription_id: 'sub_1' },
    ]);
  });

  it('[LIM-9] what the balance pays counts against the key, and against no subscription', async () => {
    await book(attempt(1, NOW_MS, { subscriptionId: null }));
    const purses = await readPurses();
    expect(purses).toMatchObject({ balance: -COST, key: { total: { spent: COST } } });
    expect(purses.subscription?.month).toEqual({ spent: 0n, startMs: null });
  });

  it('[MON-5] failed, unknown and free attempts move nothing and begin no window', async () => {
    await book(
      attempt(1, NOW_MS, { state: 'failed', standardCost: COST }),
      attempt(2, NOW_MS, { state: 'unknown', standardCost: COST }),
      attempt(3, NOW_MS, { actualCost: picoUsd(0n) }),
      attempt(4, NOW_MS, { state: 'failed', subscriptionId: null }),
    );
    const unused = { spent: 0n, startMs: null };
    expect(await readPurses()).toEqual({
      balance: 0n,
      key: { total: unused, '5h': unused, '1d': unused, '7d': unused },
      subscription: { day: unused, week: unused, month: unused },
    });
    const rows = await database.db.sql`
      select state, trim_scale(standard_cost) as standard, trim_scale(actual_cost) as actual
      from usage order by attempt_id limit 2`;
    expect([...rows]).toEqual([
      { state: 'failed', standard: '3', actual: '0' },
      { state: 'unknown', standard: '0', actual: '0' },
    ]);
  });

  it('[MON-5] an unknown attempt moves the windows once: when it is known', async () => {
    await book(attempt(1, NOW_MS, { state: 'unknown' }));
    await book(attempt(1, NOW_MS), attempt(1, NOW_MS));
    await book(attempt(1, NOW_MS));
    await book(attempt(1, NOW_MS, { state: 'unknown' }));
    expect(await readPurses()).toMatchObject({
      key: { total: { spent: COST }, '7d': { spent: COST } },
      subscription: { day: { spent: COST } },
    });
  });

  it('[LIM-9] [MON-9] a window ends a moment before its length is over, and the next use begins the next', async () => {
    const startMs = NOW_MS - DAY_MS;
    await book(attempt(1, startMs));
    await book(attempt(2, startMs + 5 * HOUR_MS - 1));
    const before = await readPurses();
    expect(before.key['5h']).toEqual({ spent: 2n * COST, startMs });
    await book(attempt(3, startMs + 5 * HOUR_MS));
    await book(attempt(4, startMs + DAY_MS));
    const after = await readPurses();
    expect(after.key).toEqual({
      total: { spent: 4n * COST, startMs: null },
      '5h': { spent: COST, startMs: startMs + DAY_MS },
      '1d': { spent: COST, startMs: startMs + DAY_MS },
      '7d': { spent: 4n * COST, startMs },
    });
    expect(after.subscription).toMatchObject({
      day: { spent: COST, startMs: startMs + DAY_MS },
      week: { spent: 4n * COST, startMs },
      month: { spent: 4n * COST, startMs },
    });
  });

  it('[LIM-9] one batch may run through several windows, in whatever order it came', async () => {
    const startMs = NOW_MS - 20 * HOUR_MS;
    const batch = [0, 4, 5, 9, 11, 19].map((hours, n) => attempt(n, startMs + hours * HOUR_MS));
    await book(...batch.toReversed());
    // 0 and 4; 5 and 9; 11; 19.
    expect((await readPurses()).key['5h']).toEqual({ spent: COST, startMs: startMs + 19 * HOUR_MS });
    expect((await readPurses()).key['1d']).toEqual({ spent: 6n * COST, startMs });
  });

  describe('attempts that come late', () => {
    it('[MON-9] one whose own window is over by now counts in none, and never restarts a newer one', async () => {
      await book(attempt(1, NOW_MS - 30 * 60_000));
      await book(attempt(2, NOW_MS - 6 * HOUR_MS), attempt(3, NOW_MS - 25 * HOUR_MS));
      const { key, subscription } = await readPurses();
      const startMs = NOW_MS - 30 * 60_000;
      expect(key['5h']).toEqual({ spent: COST, startMs });
      expect(key['1d']).toEqual({ spent: 2n * COST, startMs });
      expect(key['7d']).toEqual({ spent: 3n * COST, startMs });
      expect(subscription?.day).toEqual({ spent: 2n * COST, startMs });
      // The quota forgets nothing.
      expect(key.total.spent).toBe(3n * COST);
    });

    it('[MON-9] one that began just before the window that another opened counts in it', async () => {
      await book(attempt(1, NOW_MS));
      await book(attempt(2, NOW_MS - 1));
      expect((await readPurses()).key['5h']).toEqual({ spent: 2n * COST, startMs: NOW_MS });
    });

    it('[MON-9] one from long ago begins a window that is over, which the next use replaces', async () => {
      await book(attempt(1, NOW_MS - 40 * DAY_MS));
      await book(attempt(2, NOW_MS));
      expect((await readPurses()).subscription?.month).toEqual({ spent: COST, startMs: NOW_MS });
    });
  });

  it('[MON-9] a wrong clock begins no window in the future', async () => {
    await book(attempt(1, Date.UTC(9999, 11, 31)));
    const { startMs } = (await readPurses()).key['7d'];
    expect(startMs).toBeGreaterThanOrEqual(NOW_MS - 1);
    expect(startMs).toBeLessThan(NOW_MS + HOUR_MS);
  });

  it('[MON-9] a hundred at once advance a window that is over once, and lose no cost', async () => {
    const oldMs = NOW_MS - 31 * DAY_MS;
    await book(attempt(1_000, oldMs));
    const others = [database.db, database.open()].map((db) => createOutcomeSink(db));
    const bookings = Array.from({ length: 100 }, (_, n) => others[n % 2]?.book([attempt(n, NOW_MS)]));
    await Promise.all(bookings);
    const begun = { spent: 100n * COST, startMs: NOW_MS };
    expect(await readPurses()).toMatchObject({
      key: { total: { spent: 101n * COST }, '5h': begun, '1d': begun, '7d': begun },
      subscription: { day: begun, week: begun, month: begun },
    });
  });

  it('[MON-5] keys and subscriptions that are gone, or are somebody else’s, do not hinder', async () => {
    await book(
      attempt(1, NOW_MS, { keyId: 'key_none' as KeyId, subscriptionId: 'sub_none' as SubscriptionId }),
      attempt(2, NOW_MS, { keyId: 'key_2' as KeyId, subscriptionId: 'sub_2' as SubscriptionId }),
      attempt(3, NOW_MS, { userId: 'usr_none' as UserId }),
    );
    expect(await database.db.sql`select 1 from usage`).toHaveLength(3);
    expect(await database.db.sql`select 1 from keys where spent_total <> 0`).toHaveLength(0);
    expect(await database.db.sql`select 1 from subscriptions where month_spent <> 0`).toHaveLength(0);
  });
});
