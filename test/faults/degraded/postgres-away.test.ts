import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { expectLedgerExact, listAllUsage } from '../../harness/ledger.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { ask, DEAR, readStatus, rush, withinMinute } from './asking.ts';
import { buildEmail, buildKey, ofOutage } from './cast.ts';
import { POSTGRES_AWAY } from './outages.ts';
import { listKnown, ROLES, RPM, SESSIONS, SLOTS } from './postgres-roles.ts';
import { expectServed, startPostgresSite, type PostgresSite } from './postgres-site.ts';

/** One look in the database, of 2 s, and what a loaded machine adds. */
const ANSWER_WITHIN_MS = 2_000 + 3_000;
const SHIPPED_WITHIN_MS = 30_000;

/**
 * LIM-11: two nodes and a Postgres that is really slow, frozen (every process of it), cut off and killed. The titles
 * name the rows of the table in docs/limits.md.
 */
describe('[LIM-11] Postgres', () => {
  let site: PostgresSite;

  beforeAll(async () => {
    site = await startPostgresSite(ROLES);
  }, 180_000);
  afterAll(() => site.stop());

  const findUser = (name: string) => site.admin.users.get.query({ email: buildEmail(name) });
  const findAccountId = async (name: string): Promise<string> => {
    const { items } = await site.admin.accounts.list.query({ limit: 100 });
    return items.find((item) => item.name === name)?.id ?? 'no such account';
  };
  /** The key is known, and nothing is counted. */
  const lookAtUsage = async (gateway: string, name: string): Promise<void> => {
    const answer = await fetch(`${gateway}/v1/usage`, { headers: { 'x-api-key': buildKey(name) } });
    expect(answer.status).toBe(200);
  };

  it('[postgres-slow] below 2 s: as ever; only what no cache knows waits', async () => {
    const [gateway] = site.gateways;
    await expectServed([gateway], ['rich']);
    site.slow(100);
    try {
      const known = await ask(gateway, 'rich');
      const again = await ask(gateway, 'rich');
      const unknown = await ask(gateway, 'new');
      expect([known.status, again.status, unknown.status]).toEqual([200, 200, 200]);
      // There and back, once at least.
      expect(unknown.tookMs).toBeGreaterThan(200);
      // A busy machine may keep one of them waiting.
      expect(Math.min(known.tookMs, again.tookMs)).toBeLessThan(unknown.tookMs);
    } finally {
      await site.mend();
    }
  });

  describe.each(POSTGRES_AWAY)('%s', (outage) => {
    const named = (name: string): string => ofOutage(name, outage);
    /** Answered while Postgres was away. */
    const answered: string[] = [];
    let usersToForget: string;
    let accountToForget: string;

    beforeAll(async () => {
      const { gateways } = site;
      const [one, two] = gateways;
      await expectServed(gateways, listKnown(outage));
      await expectServed([one], [named('one-node'), named('second')]);
      for (const gateway of gateways) await lookAtUsage(gateway, named('limited'));
      for (const gateway of gateways) await lookAtUsage(gateway, named('sessions'));
      await expectServed([one], [named('sessions')]);
      await expectServed([one], [named('over')]);
      for (const gateway of gateways)
        await waitUntil('it is over', async () => (await readStatus(gateway, named('over'))) === 400);
      await lookAtUsage(two, named('one-node'));
      usersToForget = (await findUser(named('expired'))).id;
      accountToForget = await findAccountId(named('lost-cost'));
      site.breakPostgres(outage);
    }, 180_000);
    afterAll(() => site.mend());

    it('[postgres-away-limits] windows, slots, accounts and sessions are exact as ever', async () => {
      const { gateways, simulator } = site;
      await withinMinute(async () => {
        const asks = gateways.flatMap((url) =>
          Array.from({ length: RPM }, () => readStatus(url, named('limited'))),
        );
        expect((await Promise.all(asks)).filter((status) => status === 200)).toHaveLength(RPM);
      });
      for (const name of ['narrow', 'tight'])
        expect(await rush(simulator, gateways, name, { count: SLOTS })).toEqual({
          atOnceMax: SLOTS,
          statuses: Array.from({ length: 2 * SLOTS }, () => 200),
        });
    });

    it('[postgres-away-limits] [LIM-7] [SEL-4] sessions are counted over both nodes, and stay where they are', async () => {
      const [one, two] = site.gateways;
      // One came before the outage.
      const asks = [
        await readStatus(one, named('sessions'), { session: 's1' }),
        await readStatus(two, named('sessions'), { session: 's2' }),
        await readStatus(two, named('sessions'), { session: 's1' }),
      ];
      expect(asks).toEqual([200, 503, 200]);
      expect(SESSIONS).toBe(2);
      const homes = new Set<unknown>();
      for (const gateway of [one, two, one]) {
        expect(await readStatus(gateway, 'bound', { session: outage })).toBe(200);
        homes.add(site.simulator.requests.at(-1)?.headers['x-api-key']);
        expect(await readStatus(gateway, 'bound', { session: `${outage} ${homes.size}` })).toBe(200);
      }
      expect(homes.size).toBe(1);
    });

    it('[postgres-away-keys] [AUTH-5] known in a node or in Redis: served; else 503, in time', async () => {
      const [one, two] = site.gateways;
      await expectServed([one, two], ['rich']);
      // Node two has never seen it: Redis has.
      await expectServed([two], [named('second')]);
      for (const gateway of [one, two]) {
        for (const name of [named('late'), named('nobody')]) {
          const { status, tookMs, headers } = await ask(gateway, name);
          expect([name, status, headers.get('retry-after')]).toEqual([name, 503, '1']);
          expect(tookMs).toBeLessThan(ANSWER_WITHIN_MS);
        }
      }
    });

    it('[postgres-away-balance] the figure in Redis decides, moved by each settlement on every node; unknown: 503', async () => {
      const [one, two] = site.gateways;
      expect(await readStatus(one, named('poor'), { script: DEAR })).toBe(200);
      for (const gateway of [one, two])
        await waitUntil('it is used up', async () => (await readStatus(gateway, named('poor'))) === 403);
      await site.expire(`${usersToForget}}:purses`);
      for (const gateway of [one, two]) {
        const { status, tookMs } = await ask(gateway, named('expired'));
        expect(status).toBe(503);
        expect(tookMs).toBeLessThan(ANSWER_WITHIN_MS);
      }
    });

    it('[postgres-away-quota] [LIM-10] figures of the last minute decide, the flag refuses; unknown: 503', async () => {
      const [one, two] = site.gateways;
      await expectServed([one, two], [named('quota')]);
      await expectServed([one], [named('one-node')]);
      const unknown = await ask(two, named('one-node'));
      expect([unknown.status, unknown.headers.get('retry-after')]).toEqual([503, '1']);
      expect(unknown.tookMs).toBeLessThan(ANSWER_WITHIN_MS);
      for (const gateway of [one, two]) {
        const { status, headers } = await ask(gateway, named('over'));
        expect(status).toBe(400);
        expect(Number(headers.get('retry-after'))).toBeGreaterThanOrEqual(30);
      }
    });

    it('[postgres-away-window-cost] [LIM-8] the figure in Redis decides, moved by each settlement; unknown: closed', async () => {
      const [one, two] = site.gateways;
      await expectServed([two], [named('cost')]);
      expect(await readStatus(one, named('cost'), { script: DEAR })).toBe(200);
      for (const gateway of [one, two])
        await waitUntil('it is closed', async () => {
          return (await readStatus(gateway, named('cost'), { session: `new ${outage}` })) === 503;
        });
      await site.expire(`wcost:${accountToForget}`);
      for (const gateway of [one, two]) {
        const { status, tookMs } = await ask(gateway, named('lost-cost'));
        expect(status).toBe(503);
        expect(tookMs).toBeLessThan(ANSWER_WITHIN_MS);
      }
    });

    it('[postgres-away-usage] [MON-6] kept in the journal, booked once when Postgres is back', async () => {
      const asks = site.gateways.flatMap((url) => Array.from({ length: 10 }, () => ask(url, 'rich')));
      for (const { status, headers } of await Promise.all(asks)) {
        expect(status).toBe(200);
        answered.push(headers.get('x-request-id') ?? '');
      }
      await site.mend();
      await waitUntil(
        'all rows are there',
        async () => {
          const rows = await listAllUsage(site.admin).catch(() => []);
          const booked = new Set(rows.map(({ request_id }) => request_id));
          return answered.every((id) => booked.has(id));
        },
        SHIPPED_WITHIN_MS,
      );
      const rows = await expectLedgerExact(site.admin, buildEmail('rich'));
      expect(new Set(rows.map(({ state }) => state))).toEqual(new Set(['settled']));
      await expectLedgerExact(site.admin, buildEmail(named('poor')));
    });

    it('[postgres-back] no restart needed, and no 503 is remembered', async () => {
      const { gateways } = site;
      const names = ['late', 'expired', 'one-node', 'lost-cost'].map(named);
      await expectServed(gateways, names);
      for (const gateway of gateways) {
        expect(await readStatus(gateway, named('nobody'))).toBe(401);
        expect(await readStatus(gateway, named('poor'))).toBe(403);
      }
    });
  });
});
