import { parseUsd, picoUsd, type LoadedPurses, type SubscriptionId } from '@tollgate/core';
import type { PurseName, PurseSeed } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { KEY_ID, USER_ID } from '../testing/build-snapshots.ts';
import { PurseSeeder } from './purse-seeder.ts';

const SUB = 'sub_1' as SubscriptionId;
const OWNER = { userId: USER_ID, keyId: KEY_ID, subscriptionId: SUB };
const BALANCE: PurseName = { kind: 'balance', userId: USER_ID };
const FIVE_HOURS: PurseName = { kind: 'key', userId: USER_ID, keyId: KEY_ID, window: '5h' };
const WEEK: PurseName = { kind: 'subscription', userId: USER_ID, subscriptionId: SUB, window: 'week' };

const use = (micro: number, startMs: number | null) => ({ spent: picoUsd(BigInt(micro)), startMs });
const LOADED: LoadedPurses = {
  balance: parseUsd('-2'),
  key: { total: use(1, null), '5h': use(2, 22), '1d': use(3, 33), '7d': use(4, 44) },
  subscription: { day: use(5, 55), week: use(6, 66), month: use(7, null) },
};

function setUp() {
  const seeds: unknown[][] = [];
  const asked: unknown[][] = [];
  const books: { answer: () => Promise<LoadedPurses> } = { answer: async () => LOADED };
  const seeder = new PurseSeeder({
    source: {
      loadPurses: (...names) => {
        asked.push(names);
        return books.answer();
      },
    },
    store: { seedPurses: async (...parts) => void seeds.push(parts) },
  });
  return { seeder, seeds, asked, books };
}

describe('purse-seeder', () => {
  it('[MON-4] puts what the books say where it was asked for, and nothing else', async () => {
    const { seeder, seeds, asked } = setUp();
    await seeder.seed(OWNER, [WEEK, BALANCE, FIVE_HOURS], 't1');
    expect(asked).toEqual([[USER_ID, KEY_ID, SUB]]);
    const expected: PurseSeed[] = [
      { purse: WEEK, amount: picoUsd(6n), startMs: 66 },
      { purse: BALANCE, amount: parseUsd('-2'), startMs: null },
      { purse: FIVE_HOURS, amount: picoUsd(2n), startMs: 22 },
    ];
    expect(seeds).toEqual([[USER_ID, expected, 300_000, 't1']]);
  });

  it('[MON-4] a hundred at once with one token read once; another token, key or purse reads for itself', async () => {
    const { seeder, asked, seeds } = setUp();
    const same = Array.from({ length: 100 }, () => seeder.seed(OWNER, [BALANCE], 't1'));
    await Promise.all([
      ...same,
      seeder.seed(OWNER, [BALANCE], 't2'),
      seeder.seed(OWNER, [FIVE_HOURS], 't1'),
      seeder.seed({ ...OWNER, subscriptionId: null }, [BALANCE], 't1'),
    ]);
    expect([asked.length, seeds.length]).toEqual([4, 4]);
    await seeder.seed(OWNER, [BALANCE], 't1');
    expect(asked).toHaveLength(5);
  });

  it('[LIM-11] the books are away: 503 for all who wait for them, nothing is put, and the next one asks anew', async () => {
    const { seeder, seeds, asked, books } = setUp();
    books.answer = async () => Promise.reject(new Error('ECONNREFUSED'));
    const both = [seeder.seed(OWNER, [BALANCE], 't1'), seeder.seed(OWNER, [BALANCE], 't1')];
    for (const each of both) await expect(each).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    books.answer = async () => LOADED;
    await seeder.seed(OWNER, [BALANCE], 't1');
    expect([asked.length, seeds.length]).toEqual([2, 1]);
  });

  it('[MON-9] a subscription that is gone is not taken for one that has spent nothing', async () => {
    const { seeder, seeds, books } = setUp();
    books.answer = async () => ({ ...LOADED, subscription: null });
    await expect(seeder.seed(OWNER, [WEEK], 't1')).rejects.toMatchObject({ code: 'no_subscription' });
    expect(seeds).toEqual([]);
  });
});
