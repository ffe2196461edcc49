import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { ask, readStatus, readState, rush } from './asking.ts';
import type { Role } from './cast.ts';
import { REDIS_AWAY, type RedisOutage } from './outages.ts';
import { startRedisSite, type RedisSite } from './redis-site.ts';

const RPM = 3;
const SLOTS = 2;
const MORE = 8;
const ROLES: readonly Role[] = [
  { name: 'rich' },
  { name: 'late' },
  { name: 'limited', isFree: true, user: { rpm: RPM } },
  { name: 'narrow', user: { concurrency: SLOTS } },
  { name: 'tight', accounts: [{ name: 'tight', concurrency: SLOTS }] },
  { name: 'sessions', accounts: [{ name: 'sessions', kind: 'setup-token', sessions_max: 1 }] },
  { name: 'quota', isFree: true, user: { token_limit: 1 } },
  { name: 'cost', accounts: [{ name: 'cost', kind: 'setup-token', window_cost_limit: '10' }] },
  { name: 'late-cost', accounts: [{ name: 'late-cost', kind: 'setup-token', window_cost_limit: '10' }] },
];
const KNOWN = ['rich', 'narrow', 'tight', 'sessions', 'cost'];
/** Longer than the lot of what is asked takes, and short enough to be waited for. */
const GRACE_MS = 5_000;

const openSite = (env: Record<string, string>): Promise<RedisSite> =>
  startRedisSite(ROLES, [
    { ...env, TOLLGATE_REDIS_PREFIX: 'one:' },
    { ...env, TOLLGATE_REDIS_PREFIX: 'two:' },
  ]);

async function warmUp(site: RedisSite): Promise<void> {
  await site.waitForState('200 ok, 200 ok');
  for (const gateway of site.gateways)
    for (const name of KNOWN) expect([name, await readStatus(gateway, name)]).toEqual([name, 200]);
  await sleep(300);
}

describe('[LIM-11] Redis, with TOLLGATE_DEGRADED_LIMITS=open', () => {
  let site: RedisSite;

  beforeAll(async () => {
    site = await openSite({ TOLLGATE_DEGRADED_LIMITS: 'open' });
  }, 180_000);
  afterAll(() => site.stop());
  afterEach(() => site.mend());

  it.each(REDIS_AWAY)(
    '[redis-open] %s: windows, slots and sessions are not limited, money is',
    async (outage) => {
      await site.waitForState('200 ok, 200 ok');
      const [gateway] = site.gateways;
      for (const name of KNOWN) expect(await readStatus(gateway, name)).toBe(200);
      await sleep(300);
      site.breakRedis(outage);
      await site.waitForState('200 degraded, 200 degraded');
      const asks = Array.from({ length: 3 * RPM }, () => readStatus(gateway, 'limited'));
      expect(new Set(await Promise.all(asks))).toEqual(new Set([200]));
      for (const name of ['narrow', 'tight'])
        expect(await rush(site.simulator, [gateway], name, { count: MORE })).toEqual({
          atOnceMax: MORE,
          statuses: Array.from({ length: MORE }, () => 200),
        });
      for (const session of ['s1', 's2'])
        expect([session, await readStatus(gateway, 'sessions', { session })]).toEqual([session, 200]);
      expect(await readStatus(gateway, 'cost')).toBe(200);
      expect(await readStatus(gateway, 'late')).toBe(503);
      expect(await readStatus(gateway, 'late-cost')).toBe(503);
      await waitUntil('the token quota is over', async () => (await readStatus(gateway, 'quota')) === 400);
    },
  );
});

describe('[LIM-11] Redis, with TOLLGATE_DEGRADED_LIMITS=closed', () => {
  let site: RedisSite;

  beforeAll(async () => {
    site = await openSite({ TOLLGATE_DEGRADED_LIMITS: 'closed' });
  }, 180_000);
  afterAll(() => site.stop());
  afterEach(() => site.mend());

  it.each(REDIS_AWAY)('[redis-closed] %s: nothing passes, and /ready says so', async (outage) => {
    await site.waitForState('200 ok, 200 ok');
    for (const gateway of site.gateways) expect(await readStatus(gateway, 'rich')).toBe(200);
    site.breakRedis(outage);
    await site.waitForState('200 degraded, 503 degraded');
    const before = site.simulator.requests.length;
    for (const gateway of site.gateways)
      for (const name of ['rich', 'narrow', 'quota', 'cost']) {
        const { status, headers, text } = await ask(gateway, name);
        expect([name, status, headers.get('retry-after')]).toEqual([name, 503, '1']);
        expect(JSON.parse(text)).toMatchObject({ type: 'error', error: { type: 'api_error' } });
      }
    expect(site.simulator.requests).toHaveLength(before);
    await site.mend();
    for (const gateway of site.gateways)
      await waitUntil('it is served', async () => (await readStatus(gateway, 'rich')) === 200);
  });
});

describe('[LIM-11] Redis, away for longer than TOLLGATE_DEGRADED_GRACE_MS', () => {
  let site: RedisSite;
  const outage: RedisOutage = 'frozen';

  beforeAll(async () => {
    site = await openSite({ TOLLGATE_DEGRADED_GRACE_MS: String(GRACE_MS) });
    await warmUp(site);
    site.breakRedis(outage);
    await site.waitForState('200 degraded, 200 degraded');
  }, 180_000);
  afterAll(() => site.stop());

  it('[redis-away-balance] [redis-away-window-cost] money that nobody has seen for so long lets nobody pass', async () => {
    for (const gateway of site.gateways)
      for (const name of ['rich', 'cost']) expect(await readStatus(gateway, name)).toBe(200);
    await sleep(GRACE_MS);
    for (const gateway of site.gateways) {
      for (const name of ['rich', 'narrow', 'cost']) {
        const { status, headers } = await ask(gateway, name);
        expect([name, status, headers.get('retry-after')]).toEqual([name, 503, '1']);
      }
      // Who needs no money goes on.
      expect([200, 400]).toContain(await readStatus(gateway, 'quota'));
      expect(await readState(gateway)).toBe('200 degraded, 200 degraded');
    }
    await site.mend();
    for (const gateway of site.gateways)
      for (const name of ['rich', 'cost'])
        await waitUntil('it is served', async () => (await readStatus(gateway, name)) === 200);
  });
});
