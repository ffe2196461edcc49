import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectLedgerExact } from '../../harness/ledger.ts';
import { waitForWaiting } from '../../harness/live.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ask, CHEAP, DEAR, holdSlot, readStatus, rush, withinMinute } from './asking.ts';
import { buildEmail, ofOutage } from './cast.ts';
import { REDIS_AWAY } from './outages.ts';
import { listKnown, NODES, ROLES, RPM, SLOTS, TPM } from './redis-away-roles.ts';
import { REDIS_TIMEOUT_MS, startRedisSite, type RedisSite } from './redis-site.ts';

/** A node counts the others once in a heartbeat. */
const COUNTED_MS = 11_000;
/** The store's time limit, and what a loaded machine adds to requests that take a few ms. */
const ANSWER_WITHIN_MS = REDIS_TIMEOUT_MS + 1_750;
/** L1, with its spread, and a look. */
const REVOKED_WITHIN_MS = 17_500;
const DEGRADED = '200 degraded, 200 degraded';
const shareOf = (limit: number): number => limit / NODES;

/**
 * LIM-11 as it is by default (`local`): two nodes, and a Redis that is really slow, frozen, cut off and dead. The
 * titles name the rows of the table in docs/limits.md.
 */
describe('[LIM-11] Redis', () => {
  let site: RedisSite;

  beforeAll(async () => {
    site = await startRedisSite(ROLES);
    await sleep(COUNTED_MS);
  }, 180_000);
  afterAll(() => site.stop());

  it('[redis-slow] below the time limit: exact as ever', async () => {
    // Both ways: a call takes longer than the default of the limit, which is set here.
    site.slow(150);
    try {
      await withinMinute(async () => {
        const { gateways, simulator } = site;
        const asks = gateways.flatMap((url) =>
          Array.from({ length: RPM }, () => readStatus(url, 'limited-slow')),
        );
        const statuses = (await Promise.all(asks)).toSorted();
        expect(statuses).toEqual(Array.from(asks, (_, index) => (index < RPM ? 200 : 429)));
        expect(await rush(simulator, gateways, 'narrow', { count: SLOTS })).toMatchObject({
          atOnceMax: SLOTS,
        });
        await site.waitForState('200 ok, 200 ok');
      });
    } finally {
      await site.mend();
    }
  });

  describe.each(REDIS_AWAY)('%s', (outage) => {
    const named = (name: string): string => ofOutage(name, outage);
    let leave: () => void = () => {};
    let waiting: Promise<number>;
    let slowestMs: number;

    beforeAll(async () => {
      const { gateways, simulator, admin } = site;
      await site.waitForState('200 ok, 200 ok');
      for (const gateway of gateways) {
        for (const name of listKnown(outage))
          expect([name, await readStatus(gateway, name)]).toEqual([name, 200]);
      }
      // The upstream's word reaches this node alone before its Redis goes.
      simulator.setScript(({ headers }) =>
        headers['x-api-key'] === 'sk-up-barred' ? { status: 429, headers: { 'retry-after': '900' } } : null,
      );
      expect(await readStatus(gateways[0], 'barred')).toBe(429);
      leave = await holdSlot(gateways[0], 'waiter');
      waiting = readStatus(gateways[1], 'waiter');
      await waitForWaiting(admin, { kind: 'user', name: buildEmail('waiter'), count: 1 });
      await sleep(300);
      site.breakRedis(outage);
      const answers = await Promise.all(
        gateways.flatMap((url) => Array.from({ length: 20 }, () => ask(url, 'rich'))),
      );
      expect(new Set(answers.map(({ status }) => status))).toEqual(new Set([200]));
      slowestMs = Math.max(...answers.map(({ tookMs }) => tookMs));
      await site.waitForState(DEGRADED);
    }, 180_000);
    afterAll(() => {
      leave();
      site.simulator.setScript(null);
    });

    it('no request waits for it longer than the time limit, nor twice', () => {
      expect(slowestMs).toBeLessThan(ANSWER_WITHIN_MS);
    });

    it('[redis-away-waiting] who waited in Redis hears 503', async () => {
      expect(await waiting).toBe(503);
    });

    it('[redis-away-minute] [LIM-1] the share of each node passes, and the headers say the share', async () => {
      await withinMinute(async () => {
        for (const gateway of site.gateways) {
          const first = await ask(gateway, named('limited'));
          expect(first.headers.get('x-ratelimit-limit-requests')).toBe(String(shareOf(RPM)));
          expect(first.headers.get('x-ratelimit-remaining-requests')).toBe(String(shareOf(RPM) - 1));
          const others = await Promise.all(
            Array.from({ length: RPM }, () => readStatus(gateway, named('limited'))),
          );
          expect(others.filter((status) => status === 200)).toHaveLength(shareOf(RPM) - 1);
          expect(others.filter((status) => status === 429)).toHaveLength(RPM - shareOf(RPM) + 1);
        }
      });
    });

    it('[redis-away-minute] [LIM-2] tokens are shared; what only the whole limit allows is no fault of the request', async () => {
      const fields = { messages: [{ role: 'user', content: 'x '.repeat(TPM * 1.5) }] };
      for (const gateway of site.gateways) {
        const fits = await ask(gateway, 'tokens');
        expect(fits.headers.get('x-ratelimit-limit-tokens')).toBe(String(shareOf(TPM)));
        expect(await readStatus(gateway, 'tokens', { fields })).toBe(503);
      }
    });

    it('[redis-away-slots] the share of each node runs, the others wait in order and pass', async () => {
      for (const gateway of site.gateways) {
        for (const name of ['narrow', 'keyed']) {
          expect(await rush(site.simulator, [gateway], name, { count: SLOTS, held: 1 })).toEqual({
            atOnceMax: shareOf(SLOTS),
            statuses: Array.from({ length: SLOTS }, () => 200),
          });
        }
        expect(await rush(site.simulator, [gateway], 'queued', { count: 3, held: 1 })).toEqual({
          atOnceMax: 1,
          statuses: [200, 200, 429],
        });
      }
    });

    it('[redis-away-account-slots] [SEL-2] the share of each node runs on an account, the others wait and pass', async () => {
      for (const gateway of site.gateways) {
        expect(await rush(site.simulator, [gateway], 'tight', { count: SLOTS, held: 1 })).toEqual({
          atOnceMax: shareOf(SLOTS),
          statuses: Array.from({ length: SLOTS }, () => 200),
        });
      }
    });

    it('[redis-away-states] [ACC-4] what the node has learnt of an account stands', async () => {
      const before = site.simulator.requests.length;
      expect(await readStatus(site.gateways[0], 'barred')).toBe(429);
      expect(site.simulator.requests).toHaveLength(before);
    });

    it('[redis-away-sessions] [LIM-7] the share of the live sessions of each node', async () => {
      for (const [node, gateway] of site.gateways.entries()) {
        const first = `${outage} ${node} first`;
        expect(await readStatus(gateway, 'sessions', { session: first })).toBe(200);
        expect(await readStatus(gateway, 'sessions', { session: 'second' })).toBe(503);
        expect(await readStatus(gateway, 'sessions', { session: first })).toBe(200);
      }
    });

    it('[redis-away-sessions] [SEL-4] a session is bound anew, and stays where it is then', async () => {
      for (const gateway of site.gateways) {
        const homes = new Set<unknown>();
        for (let round = 0; round < 3; round += 1) {
          expect(await readStatus(gateway, 'bound', { session: outage })).toBe(200);
          homes.add(site.simulator.requests.at(-1)?.headers['x-api-key']);
          // Takes the account that was used least recently: without a binding they would alternate.
          expect(await readStatus(gateway, 'bound', { session: `${outage} ${round}` })).toBe(200);
        }
        expect(homes.size).toBe(1);
      }
    });

    it('[redis-away-balance] [MON-4] this node’s share of the last minute’s figure decides, moved by what is settled; unknown: 503', async () => {
      for (const gateway of site.gateways) {
        expect(await readStatus(gateway, 'rich')).toBe(200);
        expect(await readStatus(gateway, named('poor'), { script: DEAR })).toBe(200);
        await waitUntil('it is used up', async () => (await readStatus(gateway, named('poor'))) === 503);
        const unknown = await ask(gateway, named('late'));
        expect(unknown.status).toBe(503);
        expect(unknown.headers.get('retry-after')).toBe('1');
      }
    });

    it('[redis-away-quota] [LIM-10] the database decides, then the figures that this node moves', async () => {
      const [gateway] = site.gateways;
      expect(await readStatus(gateway, named('quota'), { script: DEAR })).toBe(200);
      await waitUntil('it is over', async () => (await readStatus(gateway, named('quota'))) === 400);
      const refused = await ask(gateway, named('quota'));
      expect(refused.text).toContain('40051');
      expect(Number(refused.headers.get('retry-after'))).toBeGreaterThanOrEqual(30);
    });

    it('[redis-away-window-cost] [LIM-8] the figure of the last minute decides, moved by what is settled; unknown: closed', async () => {
      for (const gateway of site.gateways) {
        expect(await readStatus(gateway, named('cost'), { script: CHEAP })).toBe(200);
        expect(await readStatus(gateway, named('cost'), { script: DEAR })).toBe(200);
        await waitUntil('it is closed', async () => (await readStatus(gateway, named('cost'))) === 503);
      }
    });

    it('[redis-away-keys] [AUTH-5] keys that no node has seen come from Postgres; a revoked one dies with the cache', async () => {
      const [gateway] = site.gateways;
      const { items } = await site.admin.keys.list.query({ limit: 100 });
      const id = items.find(({ name }) => name === named('revoked'))?.id ?? '';
      await site.admin.keys.update.mutate({ id, status: 'disabled' });
      expect(await readStatus(gateway, named('late-free'))).toBe(200);
      for (const url of site.gateways)
        await waitUntil(
          'the key is dead',
          async () => (await readStatus(url, named('revoked'))) === 401,
          REVOKED_WITHIN_MS,
        );
    });

    it('[redis-back] exact again at once; what runs on slots of a node is given back there', async () => {
      const { gateways, simulator, admin } = site;
      const leaveLocal = await holdSlot(gateways[0], 'narrow');
      leave();
      await site.mend();
      await withinMinute(async () => {
        const asks = gateways.flatMap((url) =>
          Array.from({ length: RPM }, () => readStatus(url, named('exact'))),
        );
        expect((await Promise.all(asks)).filter((status) => status === 200)).toHaveLength(RPM);
      });
      // One more runs on a slot of its node.
      expect(await rush(simulator, gateways, 'narrow', { count: SLOTS, held: 1 })).toMatchObject({
        atOnceMax: SLOTS,
      });
      leaveLocal();
      await waitUntil('it is gone', () => simulator.openRequests === 0);
      expect(await rush(simulator, gateways, 'narrow', { count: SLOTS })).toMatchObject({ atOnceMax: SLOTS });
      await waitUntil('no slot is left over', async () => {
        const { items } = await admin.live.slots.query({ kind: 'user', limit: 100 });
        return items.every(({ running, waiting: queue }) => running === 0 && queue === 0);
      });
      expect(await readStatus(gateways[1], named('late'))).toBe(200);
      await expectLedgerExact(admin, buildEmail(named('poor')));
    });
  });

  it('each change is one line of the log', () => {
    for (const node of site.nodes) {
      const gone = node.stderr().split('the store is away').length - 1;
      expect(gone).toBeGreaterThanOrEqual(REDIS_AWAY.length);
      expect(node.stderr().split('the store is back').length - 1).toBe(gone);
    }
  });
});
