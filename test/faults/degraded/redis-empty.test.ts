import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { readAccount, waitForWaiting } from '../../harness/live.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ask, DEAR, holdSlot, readStatus, rush, withinMinute } from './asking.ts';
import { buildEmail, buildKey, ofOutage, type Role } from './cast.ts';
import { REDIS_EMPTY } from './outages.ts';
import { startRedisSite, type RedisSite } from './redis-site.ts';

const RPM = 8;
const SLOTS = 4;
const SESSIONS = 2;
/** Less than one dear request costs. */
const LITTLE_USD = '0.002';
const OAUTH = { kind: 'setup-token' } as const;

const ROLES: readonly Role[] = [
  { name: 'rich' },
  { name: 'narrow', user: { concurrency: SLOTS } },
  { name: 'waiter', user: { concurrency: 1 } },
  { name: 'tight', accounts: [{ name: 'tight', concurrency: SLOTS }] },
  { name: 'barred', accounts: [{ name: 'barred', api_key: 'sk-up-barred' }] },
  {
    name: 'bound',
    accounts: [
      { name: 'left', api_key: 'sk-left' },
      { name: 'right', api_key: 'sk-right' },
    ],
  },
  ...REDIS_EMPTY.flatMap((how): Role[] => [
    { name: ofOutage('limited', how), isFree: true, user: { rpm: RPM } },
    {
      name: ofOutage('sessions', how),
      accounts: [{ name: ofOutage('sessions', how), ...OAUTH, sessions_max: SESSIONS }],
    },
    { name: ofOutage('poor', how), user: { balance: LITTLE_USD } },
    { name: ofOutage('over', how), user: { token_limit: 1 } },
    {
      name: ofOutage('cost', how),
      accounts: [
        { name: ofOutage('cost', how), ...OAUTH, window_cost_limit: LITTLE_USD, window_cost_reserve: '0' },
      ],
    },
  ]),
];

/** Redis has forgotten everything at once: what is counted, who runs, who waits, and what everybody has. */
describe('[LIM-11] Redis, empty', () => {
  let site: RedisSite;

  beforeAll(async () => {
    site = await startRedisSite(ROLES);
    site.simulator.setScript(({ headers }) =>
      headers['x-api-key'] === 'sk-up-barred' ? { status: 429, headers: { 'retry-after': '900' } } : null,
    );
  }, 180_000);
  afterAll(() => site.stop());

  async function forget(how: (typeof REDIS_EMPTY)[number]): Promise<void> {
    if (how === 'flushed') return site.flush();
    site.breakRedis('killed');
    await site.waitForState('200 degraded, 200 degraded');
    return site.mend();
  }
  const readSpent = async (account: string) =>
    Number((await readAccount(site.admin, account)).windowCost?.spent ?? 0);
  const readRemaining = async (gateway: string, name: string): Promise<string> => {
    const answer = await fetch(`${gateway}/v1/usage`, { headers: { 'x-api-key': buildKey(name) } });
    return /"remaining":([-\d.]+)/.exec(await answer.text())?.[1] ?? 'nothing';
  };
  const expectNoSlots = (): Promise<void> =>
    waitUntil('no slot is left over', async () => {
      for (const kind of ['user', 'account'] as const) {
        const { items } = await site.admin.live.slots.query({ kind, limit: 100 });
        if (items.some(({ running, waiting }) => running !== 0 || waiting !== 0)) return false;
      }
      return true;
    });

  describe.each(REDIS_EMPTY)('%s', (how) => {
    const named = (name: string): string => ofOutage(name, how);

    it('[redis-empty-windows] [LIM-1] each window begins anew, and counts all nodes again', async () => {
      const { gateways } = site;
      const countPassed = async (): Promise<number> => {
        const asks = gateways.flatMap((url) =>
          Array.from({ length: RPM }, () => readStatus(url, named('limited'))),
        );
        return (await Promise.all(asks)).filter((status) => status === 200).length;
      };
      await withinMinute(async () => {
        expect(await countPassed()).toBe(RPM);
        await forget(how);
        expect(await countPassed()).toBe(RPM);
        expect(await countPassed()).toBe(0);
      });
    });

    it('[redis-empty-slots] [LIM-4] what runs is not counted again, and its end changes nothing', async () => {
      const { gateways, simulator } = site;
      const held = [];
      for (const name of ['narrow', 'narrow', 'tight', 'tight']) held.push(await holdSlot(gateways[0], name));
      for (const name of ['narrow', 'tight'])
        expect(await rush(simulator, gateways, name, { count: SLOTS, held: held.length })).toMatchObject({
          atOnceMax: SLOTS - 2,
        });
      await forget(how);
      const whole = { atOnceMax: SLOTS, statuses: Array.from({ length: 2 * SLOTS }, () => 200) };
      for (const name of ['narrow', 'tight'])
        expect(await rush(simulator, gateways, name, { count: SLOTS, held: held.length })).toEqual(whole);
      for (const leave of held) leave();
      await waitUntil('the streams are gone', () => simulator.openRequests === 0);
      for (const name of ['narrow', 'tight'])
        expect(await rush(simulator, gateways, name, { count: SLOTS })).toEqual(whole);
      await expectNoSlots();
    });

    it('[redis-empty-slots] [LIM-5] who waits hears that the place is lost, and the next one passes', async () => {
      const { gateways, admin } = site;
      const leave = await holdSlot(gateways[0], 'waiter');
      const waiting = ask(gateways[1], 'waiter');
      await waitForWaiting(admin, { kind: 'user', name: buildEmail('waiter'), count: 1 });
      await forget(how);
      const { status, headers } = await waiting;
      expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      expect(await readStatus(gateways[1], 'waiter')).toBe(200);
      leave();
      await expectNoSlots();
    });

    it('[redis-empty-accounts] states are clean, sessions are counted and bound anew', async () => {
      const { gateways, simulator } = site;
      const [one, two] = gateways;
      const fill = async (round: string): Promise<number[]> => [
        await readStatus(one, named('sessions'), { session: `${round} 1` }),
        await readStatus(two, named('sessions'), { session: `${round} 2` }),
        await readStatus(one, named('sessions'), { session: `${round} 3` }),
      ];
      const countAsked = async (): Promise<number> => {
        const before = simulator.requests.length;
        for (const gateway of gateways) expect(await readStatus(gateway, 'barred')).toBe(429);
        return simulator.requests.length - before;
      };
      const readHomes = async (): Promise<number> => {
        const homes = new Set<unknown>();
        for (const gateway of [one, two, one]) {
          expect(await readStatus(gateway, 'bound', { session: how })).toBe(200);
          homes.add(simulator.requests.at(-1)?.headers['x-api-key']);
          expect(await readStatus(gateway, 'bound', { session: `${how} ${homes.size}` })).toBe(200);
        }
        return homes.size;
      };
      expect(await fill('before')).toEqual([200, 200, 503]);
      await countAsked();
      expect([await countAsked(), await readHomes()]).toEqual([0, 1]);
      await forget(how);
      expect(await fill('after')).toEqual([200, 200, 503]);
      // One node asks the upstream, and both know.
      expect([await countAsked(), await countAsked()]).toEqual([1, 0]);
      expect(await readHomes()).toBe(1);
    });

    it('[redis-empty-money] balance, token quota and window cost are what Postgres has', async () => {
      const { gateways, admin } = site;
      const [one] = gateways;
      for (const name of ['poor', 'over', 'cost'].map(named)) {
        const { status, headers } = await ask(one, name, { script: DEAR });
        expect([name, status]).toEqual([name, 200]);
        await waitUntil('it is booked', async () => {
          const requestId = headers.get('x-request-id') ?? '';
          return (await admin.usage.list.query({ requestId })).items[0]?.state === 'settled';
        });
      }
      const expectRefused = async (): Promise<void> => {
        for (const gateway of gateways) {
          expect(await readStatus(gateway, named('poor'))).toBe(403);
          expect(await readStatus(gateway, named('over'))).toBe(400);
          expect(await readStatus(gateway, named('cost'))).toBe(503);
        }
      };
      await expectRefused();
      const spent = await readSpent(named('cost'));
      await forget(how);
      await expectRefused();
      expect(spent).toBeCloseTo(0.0024, 9);
      expect(await readSpent(named('cost'))).toBe(spent);
      expect(await readStatus(one, 'rich')).toBe(200);
      const isRight = async (): Promise<boolean> => {
        const { balance } = await admin.users.get.query({ email: buildEmail('rich') });
        const remaining = await Promise.all(gateways.map((gateway) => readRemaining(gateway, 'rich')));
        return remaining.every((figure) => Number(figure) === Number(balance));
      };
      await waitUntil('the figure is that of the ledger', isRight);
    });
  });
});
