import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Database } from '@tollgate/db';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { forgetSignIns } from '../sign-in/forget-sign-ins.ts';
import { beginTry, buildAccountSubject, buildAddressSubject, undoTry } from '../sign-in/sign-in-tries.ts';
import { addPerson, PASSWORD, signInAs } from '../testing/add-person.ts';
import { openBrowser, type BrowserOptions } from '../testing/open-browser.ts';
import { buildTestHandler, startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

/** One guess; what came of it. */
async function guess(email: string, password: string, options: BrowserOptions = {}, url = api.url) {
  const browser = openBrowser(url, options);
  const outcome: unknown = await browser.client.auth.signIn
    .mutate({ email, password })
    .catch((error: unknown) => (error as { data: { httpStatus: number } }).data.httpStatus);
  const retryAfterS = Number(browser.answer?.headers.get('retry-after') ?? 0);
  return { status: typeof outcome === 'number' ? outcome : 200, retryAfterS };
}

/** Time passes for the table alone. */
async function letPass(seconds: number) {
  await api.db.sql`
    update sign_in_tries set last_at = last_at - ${seconds} * interval '1 s',
      blocked_until = blocked_until - ${seconds} * interval '1 s'`;
}

/** How many at once, each from elsewhere, were looked at; the others were told to wait. */
async function flood(email: string): Promise<number> {
  const guesses = Array.from({ length: 40 }, (_, index) => guess(email, `wrong ${index}`));
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  const looked = statuses.filter((status) => status === 401).length;
  expect(statuses.filter((status) => status === 429)).toHaveLength(40 - looked);
  return looked;
}

it('[CTL-2] of 40 guesses at once, each from elsewhere, five are looked at', async () => {
  await addPerson(api, 'flood@example.com');
  const startMs = performance.now();
  const looked = await flood('flood@example.com');
  // The wait of 2 s that the fifth began, and the doubled ones after it, may pass while a busy machine is at it.
  const waits = Math.floor(Math.log2((performance.now() - startMs) / 2_000 + 1));
  expect(looked).toBeGreaterThanOrEqual(5);
  expect(looked).toBeLessThanOrEqual(5 + waits);
});

it('[CTL-2] of 40 at once after many failures one is looked at, and the right password waits too', async () => {
  await addPerson(api, 'known@example.com');
  const { kind, subject } = buildAccountSubject('known@example.com');
  await api.db.sql`
    insert into sign_in_tries (kind, subject, failures, blocked_until) values (${kind}, ${subject}, 20, now())`;
  expect(await flood('known@example.com')).toBe(1);
  expect((await guess('known@example.com', PASSWORD)).status).toBe(429);
});

it('[CTL-2] each failure doubles the wait; the lock-out is audited; the right password ends it', async () => {
  const id = await addPerson(api, 'slow@example.com');
  for (let tries = 0; tries < 5; tries += 1) await guess('slow@example.com', 'wrong');
  const waits: number[] = [];
  for (let round = 0; round < 12; round += 1) {
    const { status, retryAfterS } = await guess('slow@example.com', PASSWORD);
    expect(status).toBe(429);
    waits.push(retryAfterS);
    await letPass(retryAfterS);
    expect((await guess('slow@example.com', 'wrong')).status).toBe(401);
  }
  expect(waits).toEqual([2, 4, 8, 16, 32, 64, 128, 256, 512, 900, 900, 900]);
  const lockOuts = (await api.readAudit()).filter(({ action }) => action === 'sign-in.lock-out');
  expect(lockOuts.at(-1)).toMatchObject({ target: id, actor: 'anonymous', detail: { blockMs: 900_000 } });
  await letPass(900);
  expect((await guess('slow@example.com', PASSWORD)).status).toBe(200);
  for (let tries = 0; tries < 5; tries += 1) {
    expect((await guess('slow@example.com', 'wrong')).status).toBe(401);
  }
});

it('[CTL-2] two control planes count together', async () => {
  await addPerson(api, 'both@example.com');
  const second = createServer(buildTestHandler(api.services)).listen(0, '127.0.0.1');
  await once(second, 'listening');
  const urls = [api.url, `http://127.0.0.1:${(second.address() as AddressInfo).port}`];
  const guesses = Array.from({ length: 20 }, (_, index) =>
    guess('both@example.com', 'wrong', {}, urls[index % 2]),
  );
  const statuses = (await Promise.all(guesses)).map(({ status }) => status);
  expect(statuses.filter((status) => status === 401)).toHaveLength(5);
  second.closeAllConnections();
  second.close();
});

it('[CTL-2] an unknown address is throttled like a known one', async () => {
  for (let tries = 0; tries < 5; tries += 1) {
    expect((await guess('none@example.com', 'wrong')).status).toBe(401);
  }
  expect((await guess('none@example.com', 'wrong')).status).toBe(429);
});

it('[CTL-2] one address may not try many accounts, and its own success buys no guesses', async () => {
  await addPerson(api, 'own@example.com');
  const from = { address: '203.0.113.7' };
  const statuses: number[] = [];
  for (let tries = 0; tries < 21; tries += 1) {
    await guess('own@example.com', PASSWORD, from);
    statuses.push((await guess(`victim${tries}@example.com`, 'wrong', from)).status);
  }
  expect(statuses).toEqual([...Array(20).fill(401), 429]);
  expect((await guess('own@example.com', PASSWORD, from)).status).toBe(429);
  expect((await guess('own@example.com', PASSWORD)).status).toBe(200);
});

it('[CTL-2] after a long rest the count begins anew', async () => {
  for (let tries = 0; tries < 6; tries += 1) await guess('rest@example.com', 'wrong');
  await letPass(3_601);
  for (let tries = 0; tries < 5; tries += 1) {
    expect((await guess('rest@example.com', 'wrong')).status).toBe(401);
  }
  expect((await guess('rest@example.com', 'wrong')).status).toBe(429);
});

it('[CTL-2] whoever signs in many times at once, rightly, is not kept out', async () => {
  await addPerson(api, 'many@example.com');
  const browsers = await Promise.all([1, 2, 3, 4].map(() => signInAs(api, 'many@example.com')));
  for (const { client } of browsers)
    expect(await client.auth.whoAmI.query()).toMatchObject({ kind: 'person' });
});

it('[CTL-2] of two at once the one that began first is not kept out for coming to the count last', async () => {
  const subject = buildAccountSubject('both@example.com');
  await api.db.sql.begin(async (tx) => {
    // The time of this transaction is now fixed.
    await tx`select now()`;
    expect(await beginTry(api.db, subject)).toEqual({ blockMs: 0 });
    await undoTry(api.db, subject);
    expect(await beginTry({ sql: tx } as unknown as Database, subject)).toEqual({ blockMs: 0 });
  });
});

it.each([
  ['203.0.113.9', '203.0.113.9'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8::1', '2001:db8:0:0::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1:2%eth0', 'fe80:0:0:0::/64'],
  ['', ''],
])('[CTL-2] %s counts as %s', (address, subject) => {
  expect(buildAddressSubject(address)).toEqual({ kind: 'address', subject });
});

it('forgets guesses of long ago and sessions that have ended, and nothing else', async () => {
  await addPerson(api, 'kept@example.com');
  const kept = await signInAs(api, 'kept@example.com');
  const ended = await signInAs(api, 'kept@example.com');
  const { items } = await ended.client.me.sessions.list.query();
  const endedId = items.find(({ isPresent }) => isPresent)?.id ?? '';
  await api.db.sql`update sessions set idle_expires_at = now() where id = ${endedId}`;
  await guess('late@example.com', 'wrong');
  await letPass(3_601);
  await guess('fresh@example.com', 'wrong', { address: '203.0.113.99' });
  await forgetSignIns(api.db);
  expect(await api.db.sql`select subject from sign_in_tries where kind = 'address'`).toEqual([
    { subject: '203.0.113.99' },
  ]);
  expect(await api.db.sql`select 1 from sessions where id = ${endedId}`).toHaveLength(0);
  expect(await kept.client.auth.whoAmI.query()).toMatchObject({ kind: 'person' });
});
