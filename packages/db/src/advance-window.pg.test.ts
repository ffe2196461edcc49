import {
  KEY_WINDOW_MS,
  picoUsd,
  SUBSCRIPTION_WINDOW_MS,
  type KeyId,
  type SubscriptionId,
  type UserId,
  type WindowUse,
} from '@tollgate/core';
import * as fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSnapshotSource } from './load-snapshots.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import { buildPayer, resetMoney } from './testing/money-fixture.ts';

const HOUR_MS = 3_600_000;
const NOW_MS = Date.now();

interface Cost {
  atMs: number;
  cost: bigint;
}

/** Half hours, so that no window ends while the test runs; most in the last days, some far back. */
const cost = fc.record<Cost>({
  atMs: fc
    .oneof(fc.nat(12), fc.nat(80), fc.nat(2_000))
    .map((hours) => NOW_MS - hours * HOUR_MS - HOUR_MS / 2),
  cost: fc.bigInt({ min: 1n, max: 10n ** 13n }),
});
const batches = fc.array(fc.array(cost, { minLength: 1, maxLength: 6 }), { minLength: 1, maxLength: 5 });

/** The rule in words: docs/money.md. */
function advance(window: WindowUse, lengthMs: number, { atMs, cost: amount }: Cost): WindowUse {
  const { startMs, spent } = window;
  if (startMs === null || atMs >= startMs + lengthMs) return { startMs: atMs, spent: picoUsd(amount) };
  const counts = atMs >= startMs || atMs + lengthMs > NOW_MS;
  return counts ? { startMs, spent: picoUsd(spent + amount) } : window;
}

function advanceThrough(drawn: Cost[][], lengthMs: number): WindowUse {
  const inOrder = drawn.flatMap((batch) => batch.toSorted((a, b) => a.atMs - b.atMs));
  return inOrder.reduce<WindowUse>((window, each) => advance(window, lengthMs, each), {
    spent: picoUsd(0n),
    startMs: null,
  });
}

forEachDatabase((database) => {
  it('[LIM-9] [MON-9] windows move as one cost after the other would move them, batch by batch', async () => {
    await fc.assert(
      fc.asyncProperty(batches, async (drawn) => {
        await resetMoney(database.db);
        const sink = createOutcomeSink(database.db);
        let n = 0;
        for (const batch of drawn) {
          await sink.book(
            batch.map(({ atMs, cost: actualCost }) =>
              buildTestOutcome((n += 1), {
                ...buildPayer('usr_1', true),
                atMs,
                actualCost: picoUsd(actualCost),
              }),
            ),
          );
        }
        const { key, subscription } = await createSnapshotSource(database.db).loadPurses(
          'usr_1' as UserId,
          'key_1' as KeyId,
          'sub_1' as SubscriptionId,
        );
        expect(key).toEqual({
          total: { spent: drawn.flat().reduce((sum, each) => sum + each.cost, 0n), startMs: null },
          '5h': advanceThrough(drawn, KEY_WINDOW_MS['5h']),
          '1d': advanceThrough(drawn, KEY_WINDOW_MS['1d']),
          '7d': advanceThrough(drawn, KEY_WINDOW_MS['7d']),
        });
        expect(subscription).toEqual({
          day: advanceThrough(drawn, SUBSCRIPTION_WINDOW_MS.day),
          week: advanceThrough(drawn, SUBSCRIPTION_WINDOW_MS.week),
          month: advanceThrough(drawn, SUBSCRIPTION_WINDOW_MS.month),
        });
      }),
      { numRuns: 60 },
    );
  });
});
