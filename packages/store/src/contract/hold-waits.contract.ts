import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import type { Hold, PurseName } from '../money-port.ts';
import {
  LEASE_TTL_MS,
  type AdmitRequest,
  type Lease,
  type QueueRequest,
  type Store,
  type Ticket,
} from '../port.ts';
import {
  askBalance,
  askSlot,
  balance,
  holdOf,
  keyPurse,
  leasesOf,
  money,
  queueUp,
  readPurse,
} from './harness.ts';
import { seedBalance, userHolder, userId, type Harness } from './harness.ts';
import { seedWindows } from './purses.contract.ts';

const QUEUE = { max: 10, timeoutMs: 60_000 };
const KEY_LIMIT = 10n;

/** A request of user a's with a slot, which waits for what it holds. */
const askWait = (hold: bigint, max = 0, queue: QueueRequest | null = QUEUE): AdmitRequest => ({
  ...askSlot('a', max, queue),
  money: money(hold, [balance('a')]),
});

const askKeyWait = (key: string, hold: bigint): AdmitRequest => ({
  ...askSlot('a', 0, QUEUE),
  money: money(hold, [balance('a'), [keyPurse('a', key, 'total'), KEY_LIMIT]]),
});

/** 'waiting' unless the outcome is there, after the store has answered. */
async function peek(ticket: Ticket, store: Store): Promise<string> {
  await store.countSlots(userHolder('a'));
  return Promise.race([ticket.outcome.then(({ kind }) => kind), sleep(5, 'waiting')]);
}

async function grantOf(ticket: Ticket): Promise<{ leases: Lease[]; hold: Hold }> {
  const outcome = await ticket.outcome;
  if (outcome.kind !== 'granted' || !outcome.hold) throw new Error(`nothing is granted: ${outcome.kind}`);
  return { leases: outcome.leases, hold: outcome.hold };
}

async function held(store: Store, purse: PurseName = balance('a')): Promise<bigint | null> {
  return (await readPurse(store, purse))?.held ?? null;
}

export function describeHoldWaits(harness: () => Harness): void {
  describe('waiting for held money', () => {
    it('[MON-4] [LIM-5] goes when a settlement leaves enough, on whichever node, with its hold', async () => {
      const [one, two, three] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const first = holdOf(await one.admit(askWait(60n)));
      const ticket = await queueUp(two, askWait(60n));
      expect(await peek(ticket, one)).toBe('waiting');
      three.settleHold(first, picoUsd(10n));
      const { leases, hold } = await grantOf(ticket);
      expect(hold).toMatchObject({ id: leases[0]?.id, amount: 60n, purses: [balance('a')] });
      expect(await readPurse(one, balance('a'))).toEqual({ amount: 90n, held: 60n, startMs: null });
      two.settleHold(hold, picoUsd(1n));
      two.release(leases);
      await two.countSlots(userHolder('a'));
      expect(await readPurse(one, balance('a'))).toEqual({ amount: 89n, held: 0n, startMs: null });
    });

    it('[LIM-5] first come, first served: a small request does not pass a large one that waits', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const running = [holdOf(await one.admit(askWait(50n))), holdOf(await one.admit(askWait(40n)))];
      const large = await queueUp(two, askWait(80n));
      const small = await queueUp(one, askWait(5n));
      expect(await one.admit(askWait(5n, 0, null))).toMatchObject({ reason: 'money', isHeld: true });
      // Nothing is taken by who holds nothing.
      expect((await two.admit(askWait(0n))).admitted).toBe(true);
      for (const hold of running) {
        expect(await peek(large, two)).toBe('waiting');
        expect(await peek(small, one)).toBe('waiting');
        one.settleHold(hold, picoUsd(0n));
      }
      await Promise.all([grantOf(large), grantOf(small)]);
      expect(await held(two)).toBe(85n);
    });

    it('[LIM-5] one that is short of its key’s money does not hold up other keys', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 1_000n);
      await seedWindows(
        one,
        ['k', 'l'].map((key) => [keyPurse('a', key, 'total'), 0n, null]),
      );
      const running = holdOf(await one.admit(askKeyWait('k', 8n)));
      const blocked = await queueUp(two, askKeyWait('k', 8n));
      holdOf(await two.admit(askKeyWait('l', 8n)));
      const behind = await queueUp(one, askKeyWait('k', 1n));
      expect([await peek(blocked, one), await peek(behind, one)]).toEqual(['waiting', 'waiting']);
      one.settleHold(running, picoUsd(1n));
      await grantOf(blocked);
      await grantOf(behind);
      expect(await held(one, keyPurse('a', 'k', 'total'))).toBe(9n);
    });

    it('[MON-4] who waits is told when others have spent what it waited for', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const running = holdOf(await one.admit(askWait(60n)));
      const window = { subject: { kind: 'user' as const, userId: userId('a') }, unit: 'requests' as const };
      const windows = [{ ...window, shape: 'fixed' as const, limit: 9, cost: 1 }];
      const [large, small] = [
        await queueUp(two, { ...askWait(60n), windows }),
        await queueUp(two, askWait(20n)),
      ];
      one.settleHold(running, picoUsd(70n));
      const refusal = { purse: balance('a'), retryAfterMs: null, isHeld: false };
      expect(await large.outcome).toEqual({ kind: 'money', refusal });
      await grantOf(small);
      await one.countSlots(userHolder('a'));
      expect(await one.readWindows(windows)).toMatchObject([{ used: 0 }]);
      expect(await one.readLoad([userHolder('a')])).toEqual([{ running: 2, waiting: 0 }]);
      large.cancel();
      expect(await held(one)).toBe(20n);
    });

    it('[LIM-5] needs its slot as well: neither is taken without the other', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const first = await one.admit(askWait(60n, 1));
      const ticket = await queueUp(two, askWait(60n, 1));
      one.settleHold(holdOf(first), picoUsd(0n));
      expect(await peek(ticket, two)).toBe('waiting');
      expect(await held(one)).toBe(0n);
      one.release(leasesOf(first));
      expect((await grantOf(ticket)).leases).toHaveLength(1);
      expect(await held(one)).toBe(60n);
      // A slot that comes free without a settlement takes its hold with it.
      const next = await queueUp(one, askWait(60n, 1));
      two.release((await grantOf(ticket)).leases);
      await grantOf(next);
      expect([await one.countSlots(userHolder('a')), await held(one)]).toEqual([1, 60n]);
    });

    it('[REQ-7] leaving frees the place; leaving after the grant gives the hold back, and it is not lost', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const running = holdOf(await one.admit(askWait(60n)));
      const noted = (hold: bigint) => ({
        ...askWait(hold),
        money: { ...money(hold, [balance('a')]), note: 'n' },
      });
      const left = await queueUp(two, noted(90n));
      const granted = await queueUp(two, noted(50n));
      const last = await queueUp(one, noted(60n));
      left.cancel();
      expect(await left.outcome).toEqual({ kind: 'cancelled' });
      await two.countSlots(userHolder('a'));
      one.settleHold(running, picoUsd(0n));
      await grantOf(granted);
      expect(await peek(last, one)).toBe('waiting');
      granted.cancel();
      granted.cancel();
      await grantOf(last);
      expect(await held(one)).toBe(60n);
      expect(await one.listLostHolds(9)).toEqual([]);
    });

    it('[LIM-5] as many wait as may: refused, and nothing is held', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      holdOf(await one.admit(askWait(60n)));
      await queueUp(one, askWait(60n, 0, { max: 1, timeoutMs: 60_000 }));
      const refused = await two.admit(askWait(60n, 0, { max: 1, timeoutMs: 60_000 }));
      expect(refused).toEqual({ admitted: false, reason: 'queue-full', queued: 1, max: 1 });
      expect(await held(one)).toBe(60n);
    });

    it('[MON-4] what never fits does not wait', async () => {
      const [one] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      holdOf(await one.admit(askWait(60n)));
      expect(await one.admit(askWait(101n))).toMatchObject({ reason: 'money', isHeld: false });
      expect(await one.readLoad([userHolder('a')])).toEqual([{ running: 1, waiting: 0 }]);
    });

    it('[MON-4] holds that died are found when the money does not suffice', async () => {
      const { nodes, advance } = harness();
      const [one, two] = nodes;
      await seedBalance(one, 'a', 100n);
      holdOf(await one.admit(askWait(60n)));
      await advance(20_000);
      const live = holdOf(await two.admit(askWait(30n)));
      const ticket = await queueUp(two, askWait(60n));
      await advance(10_000);
      // Any end of a request of the user looks again.
      two.settleHold(live, picoUsd(20n));
      await grantOf(ticket);
      expect(await readPurse(one, balance('a'))).toMatchObject({ amount: 80n, held: 60n });
    });

    it('without anybody who seeds it waits for the seed of another request', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      const running = holdOf(await one.admit(askWait(60n)));
      const ticket = await queueUp(two, askWait(60n));
      await one.publish([{ scope: 'balance', userId: userId('a') }]);
      one.settleHold(running, picoUsd(0n));
      expect(await peek(ticket, two)).toBe('waiting');
      const asked = await one.admit(askBalance('a'));
      if (asked.admitted || asked.reason !== 'purses-unknown') throw new Error('it is known');
      await one.seedPurses(
        userId('a'),
        [{ purse: balance('a'), amount: picoUsd(70n), startMs: null }],
        300_000,
        asked.seedToken,
      );
      await grantOf(ticket);
      expect(await held(two)).toBe(60n);
    });
  });
}

/** What is only found by asking. */
export function describeSeedWaits(harness: () => Harness): void {
  describe('the renewal of tickets that wait for money', () => {
    it('[MON-4] when all who held money died, those who wait go once the leases are over', async () => {
      const { nodes, advance } = harness();
      await seedBalance(nodes[0], 'a', 100n);
      holdOf(await nodes[0].admit(askWait(60n)));
      const ticket = await queueUp(nodes[1], askWait(60n));
      expect(await peek(ticket, nodes[1])).toBe('waiting');
      await advance(LEASE_TTL_MS);
      await grantOf(ticket);
    });

    it('[AUTH-6] figures that were dropped meanwhile are seeded by who waits, and its place is kept', async () => {
      const [one, two] = harness().nodes;
      await seedBalance(one, 'a', 100n);
      holdOf(await one.admit(askWait(90n)));
      const asked: string[] = [];
      const seedBy = (node: Store, name: string): QueueRequest => ({
        ...QUEUE,
        async onPursesUnknown(purses, seedToken) {
          asked.push(name);
          if (asked.length === 1) throw new Error('the database is away');
          const seeds = purses.map((purse) => ({ purse, amount: picoUsd(170n), startMs: null }));
          await node.seedPurses(userId('a'), seeds, 300_000, seedToken);
        },
      });
      const first = await queueUp(two, askWait(80n, 0, seedBy(two, 'first')));
      const second = await queueUp(one, askWait(20n, 0, seedBy(one, 'second')));
      await one.publish([{ scope: 'balance', userId: userId('a') }]);
      await grantOf(first);
      expect(await peek(second, one)).toBe('waiting');
      expect(asked).toEqual(['first', 'first']);
      expect(await readPurse(one, balance('a'))).toEqual({ amount: 170n, held: 170n, startMs: null });
    });
  });
}
