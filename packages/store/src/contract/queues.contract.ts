import { setTimeout as sleep } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { LEASE_TTL_MS, type AdmitRequest, type Store, type Ticket } from '../port.ts';
import {
  accountHolder,
  ask,
  askSlot,
  keyHolder,
  leasesOf,
  queueUp,
  userHolder,
  type Harness,
} from './harness.ts';

const QUEUE = { max: 10, timeoutMs: 60_000 };

const askWait = (name: string, max = 1, queue = QUEUE): AdmitRequest => askSlot(name, max, queue);
const askKey = (key: string, userMax: number, keyMax: number): AdmitRequest =>
  ask({
    slots: [
      { holder: userHolder('a'), max: userMax },
      { holder: keyHolder('a', key), max: keyMax },
    ],
    queue: QUEUE,
  });

/** 'waiting' unless the outcome is there, after all nodes have had an answer from the store. */
async function peek(ticket: Ticket, store: Store): Promise<string> {
  await store.countSlots(userHolder('a'));
  return Promise.race([ticket.outcome.then(({ kind }) => kind), sleep(5, 'waiting')]);
}

async function grantedLeases(ticket: Ticket) {
  const outcome = await ticket.outcome;
  if (outcome.kind !== 'granted') throw new Error(`not granted: ${outcome.kind}`);
  return outcome.leases;
}

export function describeQueues(harness: () => Harness): void {
  describe('queues', () => {
    it('[LIM-5] a freed slot goes to the head of the queue, on whichever node it waits', async () => {
      const [one, two, three] = harness().nodes;
      let held = leasesOf(await one.admit(askWait('a')));
      const tickets = [];
      for (const node of [two, three, one, two]) tickets.push(await queueUp(node, askWait('a')));
      for (const [index, ticket] of tickets.entries()) {
        one.release(held);
        held = await grantedLeases(ticket);
        expect(held.map(({ holder }) => holder)).toEqual([userHolder('a')]);
        expect(held[0]?.id).toBe(ticket.id);
        for (const later of tickets.slice(index + 1)) expect(await peek(later, one)).toBe('waiting');
        expect(await one.countSlots(userHolder('a'))).toBe(1);
      }
    });

    it('[LIM-5] says how long it waited', async () => {
      const [one] = harness().nodes;
      const held = leasesOf(await one.admit(askWait('a')));
      const ticket = await queueUp(one, askWait('a'));
      one.release(held);
      const outcome = await ticket.outcome;
      if (outcome.kind !== 'granted') throw new Error(outcome.kind);
      expect(outcome.waitedMs).toBeGreaterThanOrEqual(0);
      expect(outcome.waitedMs).toBeLessThan(10_000);
    });

    it('[LIM-5] two slots freed at once wake two waiters, never three', async () => {
      const [one, two, three] = harness().nodes;
      const held = [
        ...leasesOf(await one.admit(askWait('a', 2))),
        ...leasesOf(await two.admit(askWait('a', 2))),
      ];
      const tickets = await Promise.all([one, two, three].map((node) => queueUp(node, askWait('a', 2))));
      three.release(held);
      await Promise.race(tickets.map(({ outcome }) => outcome));
      await expect
        .poll(async () => (await states(tickets)).filter((state) => state === 'granted').length)
        .toBe(2);
      expect(await one.countSlots(userHolder('a'))).toBe(2);
    });

    it('[LIM-5] a full queue refuses, and says how many wait', async () => {
      const [one, two] = harness().nodes;
      leasesOf(await one.admit(askWait('a')));
      const queue = { max: 2, timeoutMs: 60_000 };
      await queueUp(one, askWait('a', 1, queue));
      await queueUp(two, askWait('a', 1, queue));
      const refused = await two.admit(askWait('a', 1, queue));
      expect(refused).toEqual({ admitted: false, reason: 'queue-full', queued: 2, max: 2 });
      expect(await one.admit(askWait('b'))).toMatchObject({ admitted: true });
    });

    it('[LIM-5] who may not wait is refused, also while others wait', async () => {
      const [one, two] = harness().nodes;
      leasesOf(await one.admit(askWait('a')));
      await queueUp(one, askWait('a'));
      expect(await two.admit(askSlot('a', 1))).toMatchObject({ admitted: false, reason: 'slots', max: 1 });
    });

    it('[LIM-5] a place has its time limit', async () => {
      const [one] = harness().nodes;
      const held = leasesOf(await one.admit(askWait('a')));
      const ticket = await queueUp(one, askWait('a', 1, { max: 1, timeoutMs: 20 }));
      expect(await ticket.outcome).toEqual({ kind: 'timeout' });
      const next = await queueUp(one, askWait('a', 1, { max: 1, timeoutMs: 60_000 }));
      one.release(held);
      expect(await grantedLeases(next)).toHaveLength(1);
    });

    it('[REQ-7] who leaves frees the place at once; leaving again does nothing', async () => {
      const [one, two] = harness().nodes;
      const held = leasesOf(await one.admit(askWait('a')));
      const first = await queueUp(one, askWait('a'));
      const second = await queueUp(two, askWait('a'));
      first.cancel();
      first.cancel();
      expect(await first.outcome).toEqual({ kind: 'cancelled' });
      await one.countSlots(userHolder('a'));
      one.release(held);
      expect(await grantedLeases(second)).toHaveLength(1);
      expect(await one.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-5] leaving after the grant gives the slot to the next', async () => {
      const [one, two] = harness().nodes;
      const held = leasesOf(await one.admit(askWait('a')));
      const first = await queueUp(one, askWait('a'));
      const second = await queueUp(two, askWait('a'));
      one.release(held);
      await grantedLeases(first);
      first.cancel();
      expect(await grantedLeases(second)).toHaveLength(1);
      expect(await one.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-5] a slot that is granted while its waiter leaves is not lost', async () => {
      const [one, two] = harness().nodes;
      const held = leasesOf(await one.admit(askWait('a')));
      const ticket = await queueUp(two, askWait('a'));
      one.release(held);
      ticket.cancel();
      await expect.poll(() => one.countSlots(userHolder('a'))).toBe(0);
      expect((await one.admit(askWait('a'))).admitted).toBe(true);
    });

    it('[LIM-5] one that waits for its key does not hold up the others', async () => {
      const [one, two] = harness().nodes;
      const held = leasesOf(await one.admit(askKey('k', 2, 1)));
      const blocked = await queueUp(one, askKey('k', 2, 1));
      const passed = await two.admit(askKey('l', 2, 1));
      expect(passed.admitted).toBe(true);
      const behind = await queueUp(two, askKey('m', 2, 1));
      one.release(leasesOf(passed));
      await grantedLeases(behind);
      expect(await peek(blocked, one)).toBe('waiting');
      one.release(held);
      expect((await grantedLeases(blocked)).map(({ holder }) => holder)).toEqual([
        userHolder('a'),
        keyHolder('a', 'k'),
      ]);
    });

    it('[LIM-5] those who were passed over stay before whoever comes later', async () => {
      const [one, two] = harness().nodes;
      const held = leasesOf(await one.admit(askKey('k', 2, 1)));
      const other = leasesOf(await one.admit(askKey('l', 2, 1)));
      const blocked = [];
      for (const node of [one, two, one]) blocked.push(await queueUp(node, askKey('k', 2, 1)));
      const passes = await queueUp(two, askKey('m', 2, 1));
      one.release(other);
      await grantedLeases(passes);
      one.release(held);
      blocked.push(await queueUp(one, askKey('k', 2, 1)));
      for (const [index, next] of blocked.entries()) {
        const leases = await grantedLeases(next);
        for (const later of blocked.slice(index + 1)) expect(await peek(later, two)).toBe('waiting');
        one.release(leases);
      }
    });

    it('[LIM-5] a maximum that is raised lets those who wait go before the newcomer', async () => {
      const [one, two] = harness().nodes;
      leasesOf(await one.admit(askWait('a', 1)));
      const first = await queueUp(one, askWait('a', 1));
      const second = await queueUp(two, askWait('a', 1));
      const third = await queueUp(two, askWait('a', 2));
      await grantedLeases(first);
      expect(await peek(second, one)).toBe('waiting');
      expect((await one.admit(askWait('a', 0))).admitted).toBe(true);
      await grantedLeases(second);
      await grantedLeases(third);
    });

    it('[LIM-5] a maximum that is lowered holds for those who wait', async () => {
      const [one, two] = harness().nodes;
      const held = [
        ...leasesOf(await one.admit(askWait('a', 2))),
        ...leasesOf(await one.admit(askWait('a', 2))),
      ];
      const first = await queueUp(one, askWait('a', 2));
      await queueUp(two, askWait('a', 1));
      one.release(held.slice(0, 1));
      expect(await peek(first, one)).toBe('waiting');
      one.release(held.slice(1));
      await grantedLeases(first);
      expect(await one.countSlots(userHolder('a'))).toBe(1);
    });

    it('[LIM-5] a request that asks for no slot never waits', async () => {
      const [one] = harness().nodes;
      leasesOf(await one.admit(askWait('a')));
      await queueUp(one, askWait('a'));
      expect((await one.admit(ask({ queue: QUEUE }))).admitted).toBe(true);
    });

    it('[LIM-5] running and waiting are counted apart', async () => {
      const [one, two] = harness().nodes;
      leasesOf(await one.admit(askKey('k', 1, 1)));
      const ticket = await queueUp(two, askKey('k', 1, 1));
      await queueUp(two, askKey('l', 1, 1));
      const holders = [userHolder('a'), keyHolder('a', 'l'), userHolder('b'), accountHolder('x')];
      expect(await one.readLoad(holders)).toEqual([
        { running: 1, waiting: 2 },
        { running: 0, waiting: 2 },
        { running: 0, waiting: 0 },
        { running: 0, waiting: 0 },
      ]);
      ticket.cancel();
      await two.countSlots(userHolder('a'));
      expect(await one.readLoad([userHolder('a')])).toEqual([{ running: 1, waiting: 1 }]);
    });

    it('closing loses every ticket', async () => {
      const [one] = harness().nodes;
      leasesOf(await one.admit(askWait('a')));
      const ticket = await queueUp(one, askWait('a'));
      await one.close();
      expect(await ticket.outcome).toEqual({ kind: 'lost' });
    });

    it.each([
      ['a queue of NaN', { max: Number.NaN, timeoutMs: 1 }],
      ['a queue of less than nothing', { max: -1, timeoutMs: 1 }],
      ['no time', { max: 1, timeoutMs: 0 }],
      ['more time than a timer has', { max: 1, timeoutMs: 2 ** 31 }],
    ])('refuses %s as a fault', async (_what, queue) => {
      const [one] = harness().nodes;
      await expect(one.admit(askWait('a', 1, queue))).rejects.toThrow(RangeError);
    });

    it('refuses to queue for a slot of a key alone, or twice for one', async () => {
      const [one] = harness().nodes;
      const slot = { holder: userHolder('a'), max: 1 };
      const key = { holder: keyHolder('a', 'k'), max: 1 };
      for (const slots of [[key], [key, slot], [slot, slot]]) {
        await expect(one.admit(ask({ slots, queue: QUEUE }))).rejects.toThrow(RangeError);
      }
    });
  });
}

/** What is only found by asking. */
export function describeRenewal(harness: () => Harness): void {
  describe('the renewal of tickets', () => {
    it('[LIM-4] when all who held slots died, those who wait go once the leases are over', async () => {
      const { nodes, advance } = harness();
      leasesOf(await nodes[0].admit(askWait('a')));
      const ticket = await queueUp(nodes[1], askWait('a'));
      expect(await peek(ticket, nodes[1])).toBe('waiting');
      await advance(LEASE_TTL_MS);
      expect(await grantedLeases(ticket)).toHaveLength(1);
    });
  });
}

function states(tickets: readonly Ticket[]): Promise<string[]> {
  return Promise.all(
    tickets.map(({ outcome }) => Promise.race([outcome.then(({ kind }) => kind), sleep(5, 'waiting')])),
  );
}
