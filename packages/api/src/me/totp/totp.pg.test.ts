import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { buildTotpCode } from '../../sign-in/totp/totp-code.ts';
import { addPerson, PASSWORD, signInAs } from '../../testing/add-person.ts';
import { openBrowser, type Browser } from '../../testing/open-browser.ts';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const STEP_MS = 30_000;
let api: TestApi;
let nowMs = Date.UTC(2030, 0, 1);
let browser: Browser;
let email: string;
let userId: string;
let count = 0;

beforeAll(async () => {
  const clock = { ...systemClock, nowMs: () => nowMs };
  api = await startTestApi(inject('postgresUrl'), { clock });
});
afterAll(() => api.stop());

beforeEach(async () => {
  count += 1;
  email = `totp${count}@example.com`;
  userId = await addPerson(api, email);
  browser = await signInAs(api, email);
  nowMs += 10 * STEP_MS;
});

/** What the authenticator shows, `steps` from now. */
function showCode(secret: string, steps = 0): string {
  return buildTotpCode(decodeBase32(secret), Math.floor(nowMs / STEP_MS) + steps);
}

function decodeBase32(text: string): Buffer {
  const bits = Array.from(text, (letter) =>
    'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'.indexOf(letter).toString(2).padStart(5, '0'),
  ).join('');
  return Buffer.from(bits.match(/.{8}/g)?.map((byte) => Number.parseInt(byte, 2)) ?? []);
}

async function enable(): Promise<{ secret: string; recoveryCodes: string[] }> {
  const { secret } = await browser.client.me.totp.begin.mutate({ password: PASSWORD });
  const { recoveryCodes } = await browser.client.me.totp.confirm.mutate({ code: showCode(secret) });
  nowMs += STEP_MS;
  return { secret, recoveryCodes };
}

/** What a sign-in from elsewhere comes to. */
async function trySignIn(code?: string): Promise<string | number> {
  const { client } = openBrowser(api.url);
  return client.auth.signIn
    .mutate({ email, password: PASSWORD, ...(code !== undefined && { code }) })
    .then(({ state }) => state)
    .catch((error: { data: { httpStatus: number } }) => error.data.httpStatus);
}

it('[CTL-2] asks for a code once it is confirmed, and not before', async () => {
  const { secret, uri } = await browser.client.me.totp.begin.mutate({ password: PASSWORD });
  expect(uri).toContain(`secret=${secret}`);
  expect(await trySignIn()).toBe('signed-in');
  await expect(browser.client.me.totp.confirm.mutate({ code: '000000' })).rejects.toThrow(
    'not the present one',
  );
  expect(await browser.client.me.get.query()).toMatchObject({ hasTotp: false, recoveryCodesLeft: 0 });
  await browser.client.me.totp.confirm.mutate({ code: showCode(secret) });
  nowMs += STEP_MS;
  expect(await browser.client.me.get.query()).toMatchObject({ hasTotp: true, recoveryCodesLeft: 10 });
  expect(await trySignIn()).toBe('code-needed');
  expect(await trySignIn('000000')).toBe(401);
  expect(await trySignIn(showCode(secret))).toBe('signed-in');
  const [row] = await api.db.sql`select sealed_secret from totp where user_id = ${userId}`;
  expect(JSON.stringify(row)).not.toContain(secret);
  expect(JSON.stringify([await api.readAudit(), api.logged])).not.toContain(secret);
});

it('[CTL-2] a wrong password is not told by whether a code is asked for', async () => {
  await enable();
  const { client } = openBrowser(api.url);
  await expect(client.auth.signIn.mutate({ email, password: 'wrong' })).rejects.toMatchObject({
    data: { httpStatus: 401 },
  });
});

it('[CTL-2] takes a code once, also when it comes ten times at the same moment', async () => {
  const { secret } = await enable();
  await api.db.sql`delete from sign_in_tries`;
  const code = showCode(secret);
  const outcomes = await Promise.all(Array.from({ length: 5 }, () => trySignIn(code)));
  expect(outcomes.filter((outcome) => outcome === 'signed-in')).toHaveLength(1);
  await api.db.sql`delete from sign_in_tries`;
  expect(await trySignIn(code)).toBe(401);
  // Nor is an older one good, which somebody may have seen being typed.
  expect(await trySignIn(showCode(secret, -1))).toBe(401);
  expect(await trySignIn(showCode(secret, 1))).toBe('signed-in');
});

it('[CTL-2] lets clocks be half a minute apart, and no more', async () => {
  const { secret } = await enable();
  nowMs += 10 * STEP_MS;
  expect(await trySignIn(showCode(secret, -2))).toBe(401);
  expect(await trySignIn(showCode(secret, 2))).toBe(401);
  expect(await trySignIn(showCode(secret, -1))).toBe('signed-in');
  expect(await trySignIn(showCode(secret, 1))).toBe('signed-in');
});

it('[CTL-2] codes are throttled like passwords', async () => {
  const { secret } = await enable();
  for (let tries = 0; tries < 5; tries += 1) expect(await trySignIn('000000')).toBe(401);
  expect(await trySignIn(showCode(secret))).toBe(429);
});

it('[CTL-2] asking for the code is no failure', async () => {
  await enable();
  for (let tries = 0; tries < 8; tries += 1) expect(await trySignIn()).toBe('code-needed');
});

it('[CTL-2] takes each recovery code once, and new ones put the old out of use', async () => {
  const { recoveryCodes } = await enable();
  const [first = '', second = '', third = ''] = recoveryCodes;
  const outcomes = await Promise.all([first, first.toUpperCase(), first].map((code) => trySignIn(code)));
  expect(outcomes.toSorted()).toEqual([401, 401, 'signed-in']);
  expect(await trySignIn(second.replaceAll('-', ''))).toBe('signed-in');
  expect(await browser.client.me.get.query()).toMatchObject({ recoveryCodesLeft: 8 });
  const renewed = await browser.client.me.totp.renewRecoveryCodes.mutate({ password: PASSWORD });
  expect(await trySignIn(third)).toBe(401);
  expect(await trySignIn(renewed.recoveryCodes[0])).toBe('signed-in');
  const stored = await api.db.sql`select hash from recovery_codes where user_id = ${userId}`;
  expect(JSON.stringify(stored)).not.toContain(renewed.recoveryCodes[1]);
});

it('[CTL-2] one person’s recovery code is no one else’s', async () => {
  const { recoveryCodes } = await enable();
  email = `totp${count}b@example.com`;
  await addPerson(api, email);
  browser = await signInAs(api, email);
  await enable();
  expect(await trySignIn(recoveryCodes[0])).toBe(401);
});

it('[CTL-2] is begun, renewed and disabled with the password alone', async () => {
  const { totp } = browser.client.me;
  for (const call of [totp.begin, totp.disable, totp.renewRecoveryCodes]) {
    await expect(call.mutate({ password: 'wrong' })).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
  }
  await enable();
  await expect(totp.begin.mutate({ password: PASSWORD })).rejects.toThrow('disable it first');
  expect(await totp.disable.mutate({ password: PASSWORD })).toEqual({ ok: true });
  expect(await trySignIn()).toBe('signed-in');
  await expect(totp.renewRecoveryCodes.mutate({ password: PASSWORD })).rejects.toThrow('no authenticator');
  await expect(totp.confirm.mutate({ code: '000000' })).rejects.toMatchObject({ data: { httpStatus: 400 } });
  const actions = (await api.readAudit())
    .filter(({ target }) => target === userId)
    .map(({ action }) => action);
  expect(actions.slice(1).filter((action) => action.startsWith('totp'))).toEqual([
    'totp.enable',
    'totp.disable',
  ]);
});

it('[CTL-2] of two confirmations at once one shows recovery codes', async () => {
  const { secret } = await browser.client.me.totp.begin.mutate({ password: PASSWORD });
  const confirm = (steps: number) => browser.client.me.totp.confirm.mutate({ code: showCode(secret, steps) });
  const outcomes = await Promise.allSettled([confirm(0), confirm(0), confirm(1)]);
  expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
});
