import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { createAdmin, createSetUpToken } from '../sign-in/create-admin.ts';
import { addPerson, PASSWORD, signInAs } from '../testing/add-person.ts';
import { openBrowser } from '../testing/open-browser.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

const NEW_PASSWORD = 'a password of my own';
const useLink = (token: string, email?: string, address?: string) =>
  openBrowser(api.url, address === undefined ? {} : { address }).client.auth.useSetUpLink.mutate({
    token,
    password: NEW_PASSWORD,
    ...(email !== undefined && { email }),
  });
const signIn = (email: string, password: string) =>
  openBrowser(api.url).client.auth.signIn.mutate({ email, password });

describe('a link for a new admin', () => {
  it('[CTL-2] makes one, who may sign in then; nobody is signed in by the link', async () => {
    const { token, url, expiresAt } = await api.client.setUpLinks.create.mutate();
    expect(url).toBe(`${api.url}/set-up#token=${token}`);
    expect(Date.parse(expiresAt)).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    const browser = openBrowser(api.url);
    const input = { token, email: 'First@example.com', password: NEW_PASSWORD };
    const { person } = await browser.client.auth.useSetUpLink.mutate(input);
    expect(person).toMatchObject({ email: 'first@example.com', role: 'admin' });
    expect(browser.cookie).toBe('');
    expect(await signIn('first@example.com', NEW_PASSWORD)).toMatchObject({ state: 'signed-in' });
    const kept = JSON.stringify([await api.readAudit(), api.logged]);
    expect(kept).toContain('set-up-link.use');
    expect(kept).not.toContain(token);
    expect(kept).not.toContain(NEW_PASSWORD);
  });

  it('[CTL-2] of one link used five times at once one makes an admin', async () => {
    const { token } = await api.client.setUpLinks.create.mutate();
    const outcomes = await Promise.allSettled(
      [1, 2, 3, 4, 5].map((n) => useLink(token, `race${n}@example.com`)),
    );
    expect(outcomes.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const { items } = await api.client.users.list.query({ search: 'race' });
    expect(items).toHaveLength(1);
  });

  it('[CTL-2] of two links used at once one makes an admin, and the other is gone', async () => {
    const one = await api.client.setUpLinks.create.mutate();
    const two = await api.client.setUpLinks.create.mutate();
    const outcomes = await Promise.allSettled([
      useLink(one.token, 'twin1@example.com'),
      useLink(two.token, 'twin2@example.com'),
    ]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect((await api.client.setUpLinks.list.query()).items).toEqual([]);
  });

  it('stays good when the address is taken, and asks for one', async () => {
    const { token } = await api.client.setUpLinks.create.mutate();
    await api.client.users.create.mutate({ email: 'taken@example.com' });
    await expect(useLink(token, 'taken@example.com')).rejects.toThrow('email: is taken already');
    await expect(useLink(token)).rejects.toThrow('email: required');
    await expect(useLink(token, 'free@example.com')).resolves.toBeDefined();
  });
});

describe('a link for somebody', () => {
  it('[CTL-2] sets the password, ends sessions and lock-outs, and takes other links of theirs with it', async () => {
    const userId = await addPerson(api, 'lost@example.com');
    const session = await signInAs(api, 'lost@example.com');
    for (let tries = 0; tries < 6; tries += 1) await signIn('lost@example.com', 'wrong').catch(() => {});
    const other = await api.client.setUpLinks.create.mutate({ userId });
    const { token } = await api.client.setUpLinks.create.mutate({ userId });
    await expect(useLink(token, 'x@example.com')).rejects.toThrow('email: the link is for somebody already');
    expect(await useLink(token)).toMatchObject({ person: { id: userId, role: 'user' } });
    expect(await signIn('lost@example.com', NEW_PASSWORD)).toMatchObject({ state: 'signed-in' });
    await expect(session.client.me.get.query()).rejects.toMatchObject({ data: { httpStatus: 401 } });
    await expect(useLink(other.token)).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  });

  it('[CTL-2] leaves the authenticator, unless it is said to be lost', async () => {
    const userId = await addPerson(api, 'phone@example.com');
    const { client } = await signInAs(api, 'phone@example.com');
    await client.me.totp.begin.mutate({ password: PASSWORD });
    await api.db.sql`update totp set confirmed_at = now() where user_id = ${userId}`;
    const kept = await api.client.setUpLinks.create.mutate({ userId });
    await useLink(kept.token);
    expect(await signIn('phone@example.com', NEW_PASSWORD)).toEqual({ state: 'code-needed' });
    const reset = await api.client.setUpLinks.create.mutate({ userId, resetsTotp: true });
    await useLink(reset.token);
    expect(await signIn('phone@example.com', NEW_PASSWORD)).toMatchObject({ state: 'signed-in' });
  });
});

it('[CTL-2] an expired, a revoked and a made-up link are all unknown', async () => {
  const expired = await api.client.setUpLinks.create.mutate();
  await api.db.sql`update set_up_links set expires_at = now() where id = ${expired.id}`;
  const revoked = await api.client.setUpLinks.create.mutate();
  await api.client.setUpLinks.revoke.mutate({ id: revoked.id });
  for (const token of [expired.token, revoked.token, 'tsl_nothing', '\u0000']) {
    await expect(useLink(token, 'n@example.com')).rejects.toThrow('is unknown, was used or has expired');
  }
  await expect(api.client.setUpLinks.revoke.mutate({ id: revoked.id })).rejects.toMatchObject({
    data: { code: 'NOT_FOUND' },
  });
});

it('[CTL-2] guessing links is throttled by address', async () => {
  const statuses: number[] = [];
  for (let tries = 0; tries < 21; tries += 1) {
    await useLink(`tsl_${tries}`, 'n@example.com', '203.0.113.88').catch(
      (error: { data: { httpStatus: number } }) => statuses.push(error.data.httpStatus),
    );
  }
  expect(statuses).toEqual([...Array(20).fill(404), 429]);
});

it('[CTL-2] a token that may not do everything makes no links: they are as good as their person', async () => {
  const input = { name: 'few', scopes: ['setUpLinks:write'], expiresAt: null };
  const { token } = await api.client.adminTokens.create.mutate(input);
  await expect(api.connect(token).setUpLinks.create.mutate()).rejects.toMatchObject({
    data: { code: 'FORBIDDEN' },
  });
});

it('[CTL-2] without a control plane: an admin and a link straight on the database', async () => {
  const passwordHash = await api.services.signIn.passwords.hash(PASSWORD);
  const make = (email: string) => createAdmin(api.db, systemClock, { email, passwordHash });
  expect(await make('cli@example.com')).toMatch(/^usr_/);
  expect(await make('cli@example.com')).toBeNull();
  expect(await signIn('cli@example.com', PASSWORD)).toMatchObject({ state: 'signed-in' });
  const link = (email: string | null) => createSetUpToken(api.db, systemClock, { email, lifeMs: 60_000 });
  expect(await link('nobody@example.com')).toBeNull();
  await useLink((await link('cli@example.com')) ?? '');
  expect(await signIn('cli@example.com', NEW_PASSWORD)).toMatchObject({ state: 'signed-in' });
  await useLink((await link(null)) ?? '', 'second@example.com');
  const actions = (await api.readAudit())
    .filter(({ actor }) => actor === 'system')
    .map(({ action }) => action);
  expect(actions).toEqual(['user.create', 'set-up-link.create', 'set-up-link.create']);
});
