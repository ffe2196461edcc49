import { parseUsd, type AttemptOutcome, type NodeId } from '@tollgate/core';
import { beforeEach, describe, expect, it } from 'vitest';
import { moveBalance, type BalanceMovement } from './move-balance.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { forEachDatabase } from './testing/for-each-database.ts';
import { buildPayer, resetMoney } from './testing/money-fixture.ts';

forEachDatabase((database) => {
  let n = 0;
  const use = (usd: string, changes: Partial<AttemptOutcome> = {}) =>
    buildTestOutcome((n += 1), { ...buildPayer('usr_1'), actualCost: parseUsd(usd), ...changes });
  const book = (...batch: AttemptOutcome[]) => createOutcomeSink(database.db).book(batch);
  const move = (kind: BalanceMovement['kind'], amount: string) =>
    database.db.transaction((tx) =>
      moveBalance(tx, { ledgerId: `led_m${(n += 1)}`, userId: 'usr_1', kind, amount, at: new Date() }),
    );
  const readNotices = async () => [
    ...(await database.db.sql`select user_id, kind, detail, tries, sent_at from notices order by id`),
  ];
  const notice = (balance: string, threshold: string) => ({
    user_id: 'usr_1',
    kind: 'low-balance',
    detail: { balance, threshold },
    tries: 0,
    sent_at: null,
  });

  beforeEach(() => resetMoney(database.db));

  describe('a low balance', () => {
    it('[MON-11] makes one notice when it comes down to the threshold, and none below', async () => {
      await database.db.sql`update users set low_balance_threshold = 5`;
      await move('top-up', '10');
      await book(use('4.999999999999'));
      expect(await readNotices()).toEqual([]);
      await book(use('0.000000000001'));
      expect(await readNotices()).toEqual([notice('5', '5')]);
      await book(use('3'), use('3'));
      expect(await readNotices()).toHaveLength(1);
    });

    it('[MON-11] is armed again by a top-up or a code, and by nothing else', async () => {
      await database.db.sql`update users set low_balance_threshold = 5`;
      await move('top-up', '10');
      await book(use('6'));
      await move('adjustment', '6');
      await book(use('6'));
      await move('refund', '6');
      await book(use('6'));
      expect(await readNotices()).toHaveLength(1);
      await move('redeem', '6');
      await book(use('6'));
      expect(await readNotices()).toEqual([notice('4', '5'), notice('4', '5')]);
    });

    it('[MON-11] a percentage is one of all that was recharged', async () => {
      await database.db.sql`update users set low_balance_percent = 10`;
      await move('top-up', '30');
      await move('redeem', '20');
      await move('adjustment', '50');
      await book(use('94.9'));
      expect(await readNotices()).toEqual([]);
      await book(use('0.1'));
      expect(await readNotices()).toEqual([notice('5', '5')]);
    });

    it('[MON-11] an adjustment that takes crosses as a use does; one below from the start does not', async () => {
      await database.db.sql`update users set low_balance_threshold = 5`;
      await book(use('1'));
      expect(await readNotices()).toEqual([]);
      await move('top-up', '7');
      await move('adjustment', '-2');
      expect(await readNotices()).toEqual([notice('4', '5')]);
    });

    it('[MON-11] many attempts at once make one notice; who wants none gets none', async () => {
      await database.db.sql`update users set low_balance_threshold = 0 where id = 'usr_1'`;
      await move('top-up', '1');
      const other = createOutcomeSink(database.open());
      await Promise.all(
        Array.from({ length: 20 }, (_, i) =>
          other.book([use('0.1'), use('0.1', buildPayer(i % 2 ? 'usr_2' : 'usr_1'))]),
        ),
      );
      expect(await readNotices()).toHaveLength(1);
    });

    it('[MON-11] what a subscription pays is no low balance', async () => {
      await database.db.sql`update users set low_balance_threshold = 5`;
      await move('top-up', '6');
      await book(use('100', buildPayer('usr_1', true)));
      expect(await readNotices()).toEqual([]);
    });
  });

  describe('attempts of an earlier process', () => {
    const own = 'nod_own' as NodeId;
    const dead = 'nod_dead' as NodeId;
    const bookAs = (nodeId: NodeId | null, ...batch: AttemptOutcome[]) =>
      createOutcomeSink(database.db, undefined, undefined, nodeId).book(batch);
    const readOutbox = async () => [...(await database.db.sql`select invalidation from outbox order by id`)];
    const stale = (userId: string) => ({ invalidation: { scope: 'balance', userId } });

    it('[MON-4] make cached balances of their users stale, once each, in the same transaction', async () => {
      const batch = [
        use('1', { nodeId: dead }),
        use('1', { nodeId: dead }),
        use('1', { nodeId: dead, ...buildPayer('usr_2', true) }),
      ];
      await bookAs(own, ...batch);
      expect(await readOutbox()).toEqual([stale('usr_1'), stale('usr_2')]);
      await bookAs(own, ...batch);
      expect(await readOutbox()).toHaveLength(2);
    });

    it('[MON-4] tell nobody when they moved nothing, are our own, or nobody books', async () => {
      await bookAs(own, use('1', { nodeId: own }), use('0', { nodeId: dead }));
      await bookAs(
        own,
        use('1', { nodeId: dead, state: 'unknown' }),
        use('1', { nodeId: dead, state: 'failed' }),
      );
      await bookAs(null, use('1', { nodeId: dead }));
      expect(await readOutbox()).toEqual([]);
    });
  });
});
