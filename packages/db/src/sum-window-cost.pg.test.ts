import { picoUsd, type AccountId, type AttemptOutcome } from '@tollgate/core';
import { beforeAll, expect, it } from 'vitest';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { openDatabase } from './open-database.ts';
import { createWindowCostSource } from './sum-window-cost.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { forEachDatabase } from './testing/for-each-database.ts';

const ACCOUNT = 'acc_1' as AccountId;
const START_MS = 1_800_000_000_000;
const ONE_MILLION_USD = 10n ** 18n;

forEachDatabase((database) => {
  beforeAll(async () => {
    const attempt = (n: number, atMs: number, changes: Partial<AttemptOutcome> = {}) =>
      buildTestOutcome(n, { atMs, standardCost: picoUsd(ONE_MILLION_USD - 1n), ...changes });
    await createOutcomeSink(database.db).book([
      attempt(1, START_MS - 1),
      attempt(2, START_MS),
      attempt(3, START_MS + 5),
      attempt(4, START_MS + 5, { accountId: 'acc_2' as AccountId }),
      attempt(5, START_MS + 6, { state: 'failed', standardCost: picoUsd(1n), actualCost: picoUsd(0n) }),
    ]);
  });

  it('[LIM-8] sums standard cost of one account since the window began, exact beyond 2^53', async () => {
    const source = createWindowCostSource(database.db);
    expect(await source.sumWindowCost(ACCOUNT, START_MS)).toBe(2n * ONE_MILLION_USD - 1n);
    expect(await source.sumWindowCost(ACCOUNT, START_MS - 1)).toBe(3n * ONE_MILLION_USD - 2n);
  });

  it('[LIM-8] nothing since then, and an unknown account, are zero', async () => {
    const source = createWindowCostSource(database.db);
    expect(await source.sumWindowCost(ACCOUNT, START_MS + 60_000)).toBe(0n);
    expect(await source.sumWindowCost('acc_none' as AccountId, 0)).toBe(0n);
  });
});

it('[LIM-8] a database that is away rejects: nobody takes an unknown cost for zero', async () => {
  const db = openDatabase('postgres://postgres@127.0.0.1:1/postgres', { max: 1 });
  await expect(createWindowCostSource(db).sumWindowCost(ACCOUNT, 0)).rejects.toThrow(/ECONNREFUSED/);
  await db.close();
});
