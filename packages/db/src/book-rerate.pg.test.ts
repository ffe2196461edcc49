import { parseUsd } from '@tollgate/core';
import { eq, sql } from 'drizzle-orm';
import { describe, expect, it } from 'vitest';
import { bookRerate, type BookedRerate } from './book-rerate.ts';
import { createPriceSource } from './load-prices.ts';
import {
  ledger,
  priceBook,
  priceVersions,
  reratePlans,
  rerateRows,
  usage,
  usageHourly,
  users,
} from './schema/index.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { forEachDatabase } from './testing/for-each-database.ts';

const AT = new Date('2030-01-01T00:00:00Z');

describe('bookRerate, createPriceSource', () => {
  forEachDatabase((database) => {
    const book = (planId: string): Promise<BookedRerate | null> =>
      database.db.transaction((tx) => bookRerate(tx, { planId, note: 'why', at: AT }));

    async function storePlan(
      planId: string,
      attempts: readonly { n: number; userId: string; cost: string }[],
    ) {
      const { db } = database;
      const known = { source: 'manual', builtIn: 'b', prices: '[]', layer: '[]', actor: 'system' };
      await db
        .insert(priceVersions)
        .values({ version: 'v2', ...known })
        .onConflictDoNothing();
      await db.insert(reratePlans).values({
        id: planId,
        fromAt: AT,
        toAt: AT,
        version: 'v2',
        filter: {},
        reason: 'why',
        rowsSeen: 0,
        rowsChanged: 0,
        rowsUnpriced: 0,
        createdBy: 'system',
        createdAt: AT,
      });
      for (const { n, userId, cost } of attempts) {
        const outcome = buildTestOutcome(n, {
          userId: userId as never,
          standardCost: parseUsd('1'),
          actualCost: parseUsd('1'),
        });
        await createOutcomeSink(db).book([outcome]);
        await db.insert(rerateRows).values({
          planId,
          attemptId: outcome.attemptId,
          at: new Date(outcome.atMs),
          userId,
          upstreamModel: outcome.upstreamModel,
          state: 'settled',
          paidFromBalance: true,
          oldVersion: 'v1',
          oldStandard: '1',
          oldActual: '1',
          newStandard: cost,
          newActual: cost,
        });
      }
    }

    it('[MON-2] says which book is in force, and gives every stored one', async () => {
      const { db } = database;
      const prices = createPriceSource(db);
      expect([await prices.loadVersionInForce(), await prices.loadPrices('v1')]).toEqual([null, null]);
      const known = { source: 'import', builtIn: 'b', layer: '[]', actor: 'system' };
      await db.insert(priceVersions).values({ version: 'v1', prices: '[ 1 ]', ...known });
      await db.insert(priceBook).values({ id: 'this', version: 'v1', since: AT });
      // To the letter: the version names the text.
      expect([await prices.loadVersionInForce(), await prices.loadPrices('v1')]).toEqual(['v1', '[ 1 ]']);
      await expect(db.insert(priceBook).values({ id: 'other', version: 'v1', since: AT })).rejects.toThrow();
    });

    it('[MON-2] books what is dearer and what is cheaper, exactly, once for each user', async () => {
      const { db } = database;
      await db.insert(users).values([1, 2, 3].map((n) => ({ id: `usr_${n}`, email: `u${n}@example.com` })));
      await storePlan('rrp_1', [
        { n: 1, userId: 'usr_1', cost: '1.000000000001' },
        { n: 2, userId: 'usr_1', cost: '3' },
        { n: 3, userId: 'usr_2', cost: '0' },
        { n: 4, userId: 'usr_3', cost: '2' },
        { n: 5, userId: 'usr_3', cost: '0' },
      ]);
      const booked = await book('rrp_1');
      expect([booked?.rows, booked?.userIds.toSorted()]).toEqual([5, ['usr_1', 'usr_2']]);
      const balances = await db
        .select({ id: users.id, balance: users.balance })
        .from(users)
        .orderBy(users.id);
      expect(balances.map(({ balance }) => balance)).toEqual([
        '-4.000000000001',
        '0.000000000000',
        '-2.000000000000',
      ]);
      const moved = await db
        .select()
        .from(ledger)
        .where(eq(ledger.kind, 'adjustment'))
        .orderBy(ledger.userId);
      expect(moved.map(({ userId, amount, note, at }) => [userId, amount, note, at])).toEqual([
        ['usr_1', '-2.000000000001', 'why', AT],
        ['usr_2', '1.000000000000', 'why', AT],
      ]);
      const versions = await db.selectDistinct({ version: usage.priceVersion }).from(usage);
      expect(versions).toEqual([{ version: 'v2' }]);
      const [hourly] = await db
        .select({ cost: sql<string>`sum(${usageHourly.actualCost})` })
        .from(usageHourly);
      const [rows] = await db.select({ cost: sql<string>`sum(${usage.actualCost})` }).from(usage);
      expect(hourly).toEqual(rows);
    });

    it('[MON-2] a second booking finds other rows, and says so', async () => {
      expect(await book('rrp_1')).toBeNull();
    });
  });
});
