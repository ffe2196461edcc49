import { createTollgateClient } from '@tollgate/api';
import { startTestControl, TEST_TOKEN, type TestControl } from '@tollgate/control/testing';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { runInProcess, type CommandInput } from '../testing/run-in-process.ts';

const PASSWORD = 'a password from stdin';

let control: TestControl;

beforeAll(async () => {
  control = await startTestControl(inject('postgresUrl'));
});
afterAll(async () => {
  await control.stop();
});

const run = (args: string[], input?: CommandInput) => runInProcess(['admin', ...args], input);

const overApi = () => ['--url', control.url, '--token', TEST_TOKEN];
const onDatabase = () => ['--database-url', control.databaseUrl];
const trySignIn = (email: string, password: string) =>
  createTollgateClient({ url: control.url }).auth.signIn.mutate({ email, password });

it.each([
  ['over the API', overApi],
  ['straight on the database', onDatabase],
])('[CTL-5] makes an admin %s, with the password from stdin', async (name, where) => {
  const email = name.includes('API') ? 'api@example.com' : 'db@example.com';
  const args = ['create', '--email', email.toUpperCase(), '--password-stdin', ...where()];
  const made = await run(args, { stdin: `${PASSWORD}\n` });
  expect(made).toEqual({ code: 0, stdout: `${email} may sign in.\n`, stderr: '' });
  expect(await trySignIn(email, PASSWORD)).toMatchObject({ person: { role: 'admin' } });
  const again = await run(args, { stdin: PASSWORD });
  expect(again).toMatchObject({ code: 1, stdout: '' });
  expect(again.stderr).toMatch(/^tollgate: email: is taken already/);
  expect(again.stderr).not.toContain('argon2');
});

it.each([
  ['over the API', overApi],
  ['straight on the database', onDatabase],
])('[CTL-5] prints links %s: for a new admin, for a made one, for a lost password', async (name, where) => {
  const email = name.includes('API') ? 'link-api@example.com' : 'link-db@example.com';
  const env = { TOLLGATE_CONTROL_URL: control.url };
  const readToken = async (args: string[]) => {
    const { stdout } = await run([...args, ...where()], { env });
    const [, url, token = ''] = /^(.*)\/set-up#token=(tsl_[\w-]{43})\n$/.exec(stdout) ?? [];
    expect([args, url]).toEqual([args, control.url]);
    return token;
  };
  const { auth } = createTollgateClient({ url: control.url });
  const first = await readToken(['create', '--email', email]);
  await expect(trySignIn(email, PASSWORD)).rejects.toThrow('is wrong');
  await auth.useSetUpLink.mutate({ token: first, password: PASSWORD });
  expect(await trySignIn(email, PASSWORD)).toMatchObject({ state: 'signed-in' });
  const anew = await readToken(['setup-link', '--email', email, '--reset-totp']);
  await auth.useSetUpLink.mutate({ token: anew, password: `another ${PASSWORD}` });
  expect(await trySignIn(email, `another ${PASSWORD}`)).toMatchObject({ state: 'signed-in' });
  const open = await readToken(['setup-link']);
  const { person } = await auth.useSetUpLink.mutate({ token: open, email: `x${email}`, password: PASSWORD });
  expect(person).toMatchObject({ role: 'admin' });
});

it('[CTL-5] takes the database of the environment, unless a flag says otherwise', async () => {
  const env = { DATABASE_URL: control.databaseUrl, TOLLGATE_TOKEN: 'nobody', TOLLGATE_URL: control.url };
  expect(await run(['setup-link'], { env })).toMatchObject({ code: 0, stderr: '' });
  const refused = await run(['setup-link', '--token', 'nobody'], { env });
  expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('The admin token is missing')]);
});

it.each([
  ['no address', ['create'], 2, '--email'],
  ['an address that is none', ['create', '--email', 'ann'], 2, 'not an e-mail address'],
  [
    'a short password',
    ['create', '--email', 'a@example.com', '--password-stdin'],
    2,
    'at least 10 characters',
  ],
  ['nobody', ['setup-link', '--email', 'nobody@example.com'], 1, 'no such user: nobody@example.com'],
])('exits clearly on %s', async (_name, args, code, message) => {
  const outcome = await run([...args, ...onDatabase()], { stdin: 'short' });
  expect(outcome).toMatchObject({ code, stdout: '' });
  expect(outcome.stderr).toContain(message);
});

it('exits clearly without any place, and without a database', async () => {
  expect(await run(['setup-link'])).toMatchObject({ code: 2, stdout: '' });
  const gone = await run(['setup-link', '--database-url', 'postgres://127.0.0.1:1/x']);
  expect([gone.code, gone.stderr]).toEqual([1, expect.stringContaining('cannot connect')]);
});
