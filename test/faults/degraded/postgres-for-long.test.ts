import { hash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { waitUntil } from '../../harness/wait-until.ts';
import { ask, readStatus } from './asking.ts';
import { buildKey, type Role } from './cast.ts';
import { expectServed, startPostgresSite, type PostgresSite } from './postgres-site.ts';

const ROLES: readonly Role[] = [
  { name: 'rich' },
  { name: 'forgotten' },
  { name: 'quota', user: { token_limit: 1_000_000 } },
];
/** What a node keeps of a key, with its spread. */
const L1_MS = 16_500;
/** What a node keeps of a token quota. */
const QUOTA_MS = 60_000;

/** What was known when Postgres went has its time, and no more. */
describe('[LIM-11] Postgres, frozen for longer than a minute', () => {
  let site: PostgresSite;
  let frozenAtMs: number;

  beforeAll(async () => {
    site = await startPostgresSite(ROLES);
    await expectServed(
      site.gateways,
      ROLES.map(({ name }) => name),
    );
    site.breakPostgres('frozen');
    frozenAtMs = performance.now();
  }, 180_000);
  afterAll(() => site.stop());

  it('[postgres-away-keys] [AUTH-5] a key lives 15 s in the node, then from Redis, and without that not at all', async () => {
    await site.expire(`snap:key:${hash('sha256', buildKey('forgotten'), 'hex')}`);
    await expectServed(site.gateways, ['rich', 'forgotten']);
    await sleep(L1_MS - (performance.now() - frozenAtMs) + 500);
    await expectServed(site.gateways, ['rich']);
    for (const gateway of site.gateways) expect(await readStatus(gateway, 'forgotten')).toBe(503);
  });

  it(
    '[postgres-away-quota] [LIM-10] after a minute nobody knows the token quota: 503',
    { timeout: 90_000 },
    async () => {
      await expectServed(site.gateways, ['quota']);
      await sleep(QUOTA_MS - (performance.now() - frozenAtMs) + 500);
      for (const gateway of site.gateways) {
        const { status, headers } = await ask(gateway, 'quota');
        expect([status, headers.get('retry-after')]).toEqual([503, '1']);
      }
      // Keys and balances are in Redis.
      await expectServed(site.gateways, ['rich']);
    },
  );

  it('[postgres-back] all of them are served again', async () => {
    await site.mend();
    for (const gateway of site.gateways) {
      for (const { name } of ROLES)
        await waitUntil(`${name} is served`, async () => (await readStatus(gateway, name)) === 200);
      expect(await readStatus(gateway, 'nobody')).toBe(401);
    }
  });
});
