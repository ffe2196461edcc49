import { hashKey } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createPasswordHasher } from '../sign-in/password-hasher.ts';
import { addPerson, PASSWORD, signInAs } from '../testing/add-person.ts';
import { openBrowser } from '../testing/open-browser.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
let annId: string;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  annId = await addPerson(api, 'ann@example.com', 'admin');
  await addPerson(api, 'ben@example.com');
});
afterAll(() => api.stop());

const WRONG = 'The e-mail address, the password or the code is wrong.';
const REFUSED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } };

describe('auth.signIn', () => {
  it('[CTL-2] makes a session: hash in the table, token in the cookie, both in no log and no audit', async () => {
    const browser = openBrowser(api.url, { address: '203.0.113.5' });
    const { client } = browser;
    expect(await client.auth.whoAmI.query()).toEqual({ kind: 'nobody' });
    const answer = await client.auth.signIn.mutate({ email: 'ANN@example.com', password: PASSWORD });
    const person = { id: annId, email: 'ann@example.com', role: 'admin' };
    expect(answer).toEqual({ state: 'signed-in', person });
    expect(browser.answer?.headers.getSetCookie()).toEqual([
      expect.stringMatching(
        /^tollgate_session=[\w-]{43}; Path=\/; Max-Age=86400; HttpOnly; SameSite=Strict$/,
      ),
    ]);
    expect(await client.auth.whoAmI.query()).toEqual({ kind: 'person', ...person });
    const token = browser.cookie.split('=')[1] ?? '?';
    const [row] = await api.db.sql`select * from sessions where user_id = ${annId}`;
    expect(row).toMatchObject({ hash: hashKey(token), address: '203.0.113.5', user_agent: 'Test/1.0' });
    const audit = (await api.readAudit()).findLast(({ action }) => action === 'sign-in.success');
    expect(audit).toMatchObject({ actor: annId, target: row?.['id'], detail: { address: '203.0.113.5' } });
    const kept = JSON.stringify([await api.readAudit(), api.logged, row]);
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(PASSWORD);
  });

  it('[CTL-2] over https binds the cookie to the host', async () => {
    const browser = openBrowser(api.url);
    Object.assign(browser.headers, {
      'x-forwarded-proto': 'https',
      'x-forwarded-host': 'control.example.com',
      origin: 'https://control.example.com',
    });
    await browser.client.auth.signIn.mutate({ email: 'ben@example.com', password: PASSWORD });
    expect(browser.answer?.headers.get('set-cookie')).toMatch(/^__Host-tollgate_session=.*; Secure$/);
    expect(await browser.client.me.get.query()).toMatchObject({ email: 'ben@example.com' });
    delete browser.headers['x-forwarded-proto'];
    expect(await browser.client.auth.whoAmI.query()).toEqual({ kind: 'nobody' });
  });

  it('[CTL-2] says the same of a wrong password, an unknown, a disabled and a passwordless user', async () => {
    await api.client.users.create.mutate({ email: 'program@example.com' });
    const gone = await addPerson(api, 'gone@example.com');
    await api.client.users.update.mutate({ id: gone, status: 'disabled' });
    const cases = [
      ['ann@example.com', 'wrong password'],
      ['nobody@example.com', PASSWORD],
      ['gone@example.com', PASSWORD],
      ['program@example.com', PASSWORD],
    ] as const;
    const { passwords } = api.services.signIn;
    const hashed: boolean[] = [];
    const check: typeof passwords.check = async (password, stored) => {
      const outcome = await passwords.check(password, stored);
      hashed.push(outcome.isRight);
      return outcome;
    };
    Object.assign(api.services.signIn, { passwords: { ...passwords, check } });
    for (const [email, password] of cases) {
      const browser = openBrowser(api.url);
      const call = browser.client.auth.signIn.mutate({ email, password });
      await expect(call).rejects.toMatchObject({ ...REFUSED, message: WRONG });
      expect(browser.answer?.headers.getSetCookie()).toEqual([]);
    }
    Object.assign(api.services.signIn, { passwords });
    // The same work: one hash each, never of what a disabled user has.
    expect(hashed).toEqual(Array(4).fill(false));
    const rows = (await api.readAudit()).filter(({ action }) => action === 'sign-in.failure');
    expect(rows.map(({ actor }) => actor)).toEqual(Array(4).fill('anonymous'));
    expect(rows.map(({ target }) => target)).toEqual([
      annId,
      'unknown',
      gone,
      expect.stringMatching(/^usr_/),
    ]);
    expect(JSON.stringify(rows)).not.toMatch(/nobody@example|wrong password/);
  });

  it('[CTL-2] takes over no session: who had one before signs out of it, and a made-up one stays unknown', async () => {
    const planted = `tollgate_session=${'x'.repeat(43)}`;
    const browser = openBrowser(api.url, { cookie: planted });
    await browser.client.auth.signIn.mutate({ email: 'ben@example.com', password: PASSWORD });
    const first = browser.cookie;
    expect(first).not.toBe(planted);
    await browser.client.auth.signIn.mutate({ email: 'ann@example.com', password: PASSWORD });
    expect(browser.cookie).not.toBe(first);
    for (const cookie of [planted, first]) {
      const other = openBrowser(api.url, { cookie });
      expect(await other.client.auth.whoAmI.query()).toEqual({ kind: 'nobody' });
    }
  });

  it('[CTL-2] is no way for a foreign page to sign somebody in as somebody else', async () => {
    for (const [name, value] of [
      ['origin', 'https://evil.example'],
      ['sec-fetch-site', 'cross-site'],
    ] as const) {
      const browser = openBrowser(api.url);
      browser.headers[name] = value;
      const call = browser.client.auth.signIn.mutate({ email: 'ben@example.com', password: PASSWORD });
      await expect(call).rejects.toMatchObject({ data: { code: 'FORBIDDEN' } });
      expect(browser.answer?.headers.getSetCookie()).toEqual([]);
    }
  });

  it.each([
    ['no e-mail address', { email: 'ann', password: 'x' }],
    ['no password', { email: 'ann@example.com', password: '' }],
    ['a password without end', { email: 'ann@example.com', password: 'x'.repeat(257) }],
    ['a NUL in the address', { email: 'a\u0000@example.com', password: 'x' }],
    ['something else', { email: 'ann@example.com', password: 'x', role: 'admin' }],
  ])('refuses %s with 400, and counts no guess', async (_name, input) => {
    const browser = openBrowser(api.url, { address: '203.0.113.66' });
    const call = browser.client.auth.signIn.mutate(input);
    await expect(call).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } });
    expect(await api.db.sql`select 1 from sign_in_tries where subject = '203.0.113.66'`).toHaveLength(0);
  });

  it('answers 412 in a streamed batch, whose head has gone before', async () => {
    const { sessions } = await countSessions();
    const answer = await fetch(`${api.url}/trpc/auth.signIn?batch=1`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'trpc-accept': 'application/jsonl' },
      body: JSON.stringify({ 0: { email: 'ann@example.com', password: PASSWORD } }),
    });
    expect(await answer.text()).not.toContain('signed-in');
    expect(answer.headers.getSetCookie()).toEqual([]);
    expect(await countSessions()).toEqual({ sessions });
  });

  it('[CTL-2] a guess that nobody had time to look at is none', async () => {
    await addPerson(api, 'busy@example.com');
    const { passwords } = api.services.signIn;
    const full = createPasswordHasher({ concurrency: 0, queueMax: 0 });
    Object.assign(api.services.signIn, { passwords: full });
    for (let tries = 0; tries < 10; tries += 1) {
      const call = signInAs(api, 'busy@example.com', { address: '203.0.113.55' });
      await expect(call).rejects.toThrow('Too many sign-ins at once');
    }
    Object.assign(api.services.signIn, { passwords });
    await expect(signInAs(api, 'busy@example.com', { address: '203.0.113.55' })).resolves.toBeDefined();
  });

  it('[CTL-2] hashes anew at the cost of the day', async () => {
    const old = await createPasswordHasher({ cost: { memoryKib: 32, passes: 2, lanes: 1 } }).hash(PASSWORD);
    await api.db.sql`update users set password_hash = ${old} where id = ${annId}`;
    await signInAs(api, 'ann@example.com');
    const [row] = await api.db.sql`select password_hash from users where id = ${annId}`;
    expect(row?.['password_hash']).toContain('$m=64,t=1,p=1$');
    await signInAs(api, 'ann@example.com');
  });

  it('says 503, not 401, when the database is gone, also to who is signed in', async () => {
    const other = await startTestApi(inject('postgresUrl'));
    await addPerson(other, 'ann@example.com');
    const browser = await signInAs(other, 'ann@example.com');
    await other.db.close();
    const unavailable = { data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 } };
    const { client } = browser;
    const input = { email: 'ann@example.com', password: PASSWORD };
    await expect(client.auth.signIn.mutate(input)).rejects.toMatchObject(unavailable);
    await expect(client.me.get.query()).rejects.toMatchObject(unavailable);
    await expect(client.auth.whoAmI.query()).rejects.toMatchObject(unavailable);
    await other.stop();
  });
});

async function countSessions() {
  const [row] = await api.db.sql<{ sessions: string }[]>`select count(*) as sessions from sessions`;
  return { sessions: row?.sessions };
}
