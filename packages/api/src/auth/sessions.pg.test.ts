import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { addPerson, PASSWORD, signInAs } from '../testing/add-person.ts';
import { openBrowser, type Browser } from '../testing/open-browser.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
let userId: string;
let email: string;
let browser: Browser;
let count = 0;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

beforeEach(async () => {
  count += 1;
  email = `person${count}@example.com`;
  userId = await addPerson(api, email);
  browser = await signInAs(api, email);
});

const REFUSED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } };

async function isSignedIn({ client }: Browser): Promise<boolean> {
  const outcome = await client.me.get
    .query()
    .catch((error: { data: { httpStatus: number } }) => error.data.httpStatus);
  if (typeof outcome === 'object') return outcome.email === email;
  expect(outcome).toBe(401);
  return false;
}

/** Time passes for this person's sessions alone: by Postgres' clock, whatever the host's says. */
async function letPass(minutes: number) {
  await api.db.sql`
    update sessions set last_seen_at = last_seen_at - ${minutes} * interval '1 min',
      idle_expires_at = idle_expires_at - ${minutes} * interval '1 min',
      expires_at = expires_at - ${minutes} * interval '1 min'
    where user_id = ${userId}`;
}

it('[CTL-2] ends an hour after its last use, and each use moves that', async () => {
  for (let round = 0; round < 3; round += 1) {
    await letPass(59);
    expect(await isSignedIn(browser)).toBe(true);
  }
  await letPass(61);
  expect(await isSignedIn(browser)).toBe(false);
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] ends after a day however much it is used', async () => {
  for (let round = 0; round < 25; round += 1) {
    await letPass(57);
    expect(await isSignedIn(browser)).toBe(true);
  }
  await letPass(20);
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] writes that it was seen at most once a minute', async () => {
  const read = async () => (await api.db.sql`select xmin::text from sessions where user_id = ${userId}`)[0];
  const before = await read();
  await Promise.all([1, 2, 3].map(() => isSignedIn(browser)));
  expect(await read()).toEqual(before);
  await letPass(2);
  expect(await isSignedIn(browser)).toBe(true);
  const [row] = await api.db.sql`select now() - last_seen_at < interval '1 min' as seen from sessions
    where user_id = ${userId}`;
  expect(row).toEqual({ seen: true });
});

it('[CTL-2] a cookie that was stolen is worth nothing after sign-out', async () => {
  const thief = openBrowser(api.url, { cookie: browser.cookie });
  expect(await isSignedIn(thief)).toBe(true);
  expect(await browser.client.auth.signOut.mutate()).toEqual({ ok: true });
  expect(browser.cookie).toBe('');
  expect(await isSignedIn(thief)).toBe(false);
  expect(await isSignedIn(browser)).toBe(false);
  expect(await browser.client.auth.signOut.mutate()).toEqual({ ok: true });
});

it('[CTL-2] a foreign page signs nobody out', async () => {
  browser.headers['origin'] = 'https://evil.example';
  await expect(browser.client.auth.signOut.mutate()).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
  expect(await isSignedIn(browser)).toBe(true);
});

it('[CTL-2] sign-out everywhere ends all of the person’s, and nobody else’s', async () => {
  const second = await signInAs(api, email);
  await addPerson(api, `other${count}@example.com`);
  const other = await signInAs(api, `other${count}@example.com`);
  expect(await browser.client.auth.signOutEverywhere.mutate()).toEqual({ ended: 2 });
  expect(await isSignedIn(browser)).toBe(false);
  expect(await isSignedIn(second)).toBe(false);
  expect(await other.client.auth.whoAmI.query()).toMatchObject({ kind: 'person' });
});

it('[CTL-2] another password ends the other sessions and lets the new one in alone', async () => {
  const second = await signInAs(api, email);
  const newPassword = 'another long password';
  const input = { currentPassword: PASSWORD, newPassword };
  expect(await browser.client.me.changePassword.mutate(input)).toEqual({ ok: true });
  expect(await isSignedIn(browser)).toBe(true);
  expect(await isSignedIn(second)).toBe(false);
  await expect(signInAs(api, email)).rejects.toMatchObject(REFUSED);
  const anew = openBrowser(api.url);
  await anew.client.auth.signIn.mutate({ email, password: newPassword });
  expect(await isSignedIn(anew)).toBe(true);
  const audit = (await api.readAudit()).findLast(({ action }) => action === 'password.change');
  expect(audit).toMatchObject({ actor: userId, target: userId });
  expect(JSON.stringify(await api.readAudit())).not.toContain(newPassword);
});

it('[CTL-2] a stolen session is no way to guess the password', async () => {
  const statuses: number[] = [];
  for (let tries = 0; tries < 6; tries += 1) {
    await browser.client.me.changePassword
      .mutate({ currentPassword: `wrong ${tries}`, newPassword: 'another long password' })
      .catch((error: { data: { httpStatus: number } }) => statuses.push(error.data.httpStatus));
  }
  expect(statuses).toEqual([403, 403, 403, 403, 403, 429]);
  // It is the same count as that of sign-in.
  await expect(signInAs(api, email)).rejects.toMatchObject({ data: { httpStatus: 429 } });
});

it.each([
  ['short', 'too short', 'at least 10'],
  ['always the same', 'aaaaaaaaaaaaaaaa', 'too few different'],
  ['endless', 'abcdefgh'.repeat(40), 'at most 256'],
])('[CTL-2] refuses a new password that is %s', async (_name, newPassword, message) => {
  const call = browser.client.me.changePassword.mutate({ currentPassword: PASSWORD, newPassword });
  await expect(call).rejects.toThrow(message);
});

it('[CTL-2] who is disabled is out at once, and stays out when enabled again', async () => {
  await api.client.users.update.mutate({ id: userId, status: 'disabled' });
  expect(await isSignedIn(browser)).toBe(false);
  await api.client.users.update.mutate({ id: userId, status: 'active' });
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] a row that was disabled by other hands lets nobody in either', async () => {
  await api.db.sql`update users set status = 'disabled' where id = ${userId}`;
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] another role is another session: the old one has neither', async () => {
  // Somebody has to stay one.
  await addPerson(api, `admin-beside-${email}`, 'admin');
  await api.client.users.update.mutate({ id: userId, role: 'admin' });
  expect(await isSignedIn(browser)).toBe(false);
  const admin = await signInAs(api, email);
  const group = await admin.client.groups.create.mutate({ name: `by ${email}`, platform: 'openai' });
  const audit = (await api.readAudit()).findLast(({ action }) => action === 'group.create');
  expect(audit).toMatchObject({ actor: userId, target: group.id });
  await api.client.users.update.mutate({ id: userId, role: 'user' });
  await expect(admin.client.groups.list.query()).rejects.toMatchObject(REFUSED);
});

it('[CTL-4] the same by a config file', async () => {
  await api.client.config.applyFile.mutate({ config: `users: [{ email: ${email}, role: admin }]` });
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] a person who is deleted is out', async () => {
  await api.client.users.delete.mutate({ id: userId });
  expect(await isSignedIn(browser)).toBe(false);
});

it('[CTL-2] a sign-in that is under way while the password changes is of no use afterwards', async () => {
  const hash = await api.services.signIn.passwords.hash('another long password');
  // The change holds the row; the sign-in, whose password was right, waits for it.
  const late = openBrowser(api.url);
  let call: Promise<unknown> = Promise.resolve();
  await api.db.sql.begin(async (sql) => {
    await sql`update users set password_hash = ${hash} where id = ${userId}`;
    call = late.client.auth.signIn.mutate({ email, password: PASSWORD }).catch((error: unknown) => error);
    await expect
      .poll(
        () =>
          api.db
            .sql`select 1 from pg_stat_activity where wait_event_type = 'Lock' and query like '%for share%'`,
      )
      .toHaveLength(1);
    await sql`delete from sessions where user_id = ${userId}`;
  });
  expect(await call).toMatchObject(REFUSED);
  expect(await api.db.sql`select 1 from sessions where user_id = ${userId}`).toHaveLength(0);
});

it('[CTL-2] lists one’s own sessions and ends one; somebody else’s is unknown', async () => {
  const second = await signInAs(api, email, { address: '203.0.113.77' });
  const { items } = await browser.client.me.sessions.list.query();
  expect(items.map(({ isPresent, address }) => [isPresent, address])).toEqual([
    [true, expect.any(String)],
    [false, '203.0.113.77'],
  ]);
  await addPerson(api, `stranger${count}@example.com`);
  const stranger = await signInAs(api, `stranger${count}@example.com`);
  const id = items[1]?.id ?? '';
  await expect(stranger.client.me.sessions.revoke.mutate({ id })).rejects.toMatchObject({
    data: { code: 'NOT_FOUND' },
  });
  expect(await isSignedIn(second)).toBe(true);
  expect(await browser.client.me.sessions.revoke.mutate({ id })).toEqual({ id });
  expect(await isSignedIn(second)).toBe(false);
  const paged = await browser.client.me.sessions.list.query({ limit: 1 });
  expect([paged.items.length, paged.nextCursor]).toEqual([1, null]);
});

it('[CTL-2] a change of password that was under way does not undo the one of a set-up link', async () => {
  const { passwords } = api.services.signIn;
  const hash = passwords.hash.bind(passwords);
  const rescued = 'rescued by an admin';
  passwords.hash = async (password) => {
    passwords.hash = hash;
    // The old password has been found right; at this moment its owner gets the account back.
    const { token } = await api.client.setUpLinks.create.mutate({ userId });
    await openBrowser(api.url).client.auth.useSetUpLink.mutate({ token, password: rescued });
    return hash(password);
  };
  const input = { currentPassword: PASSWORD, newPassword: 'of somebody who has the old one' };
  const outcome = await browser.client.me.changePassword.mutate(input).catch((fault: unknown) => fault);
  passwords.hash = hash;
  expect(outcome).toMatchObject({ data: { code: 'CONFLICT' } });
  const { client } = openBrowser(api.url);
  expect(await client.auth.signIn.mutate({ email, password: rescued })).toMatchObject({ state: 'signed-in' });
  const audit = await api.readAudit();
  expect(audit.filter(({ action, actor }) => action === 'password.change' && actor === userId)).toEqual([]);
});
