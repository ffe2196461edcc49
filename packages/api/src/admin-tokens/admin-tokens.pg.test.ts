import { hashKey } from '@tollgate/db';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { addPerson, signInAs } from '../testing/add-person.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

const make = (scopes: string[], expiresAt: string | null = null) =>
  api.client.adminTokens.create.mutate({ name: 'program', scopes, expiresAt });
const FORBIDDEN = { data: { code: 'FORBIDDEN', httpStatus: 403 } };
const REFUSED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } };

it('[CTL-2] shows the token once, stores its hash, and says who made it', async () => {
  const made = await make(['keys:read', 'users:read'], '2031-01-01T01:00:00+01:00');
  expect(made.token).toMatch(/^tga_[\w-]{43}$/);
  expect(made).toMatchObject({ scopes: ['keys:read', 'users:read'], expiresAt: '2031-01-01T00:00:00.000Z' });
  const { items } = await api.client.adminTokens.list.query();
  const { token, ...shown } = made;
  expect(items.at(-1)).toEqual(shown);
  expect(items[0]).toMatchObject({ name: 'test', scopes: ['*'], createdBy: 'system' });
  expect(shown.createdBy).toBe(items[0]?.id);
  const [row] = await api.db.sql`select hash from admin_tokens where id = ${made.id}`;
  expect(row).toEqual({ hash: hashKey(token) });
  expect(JSON.stringify([items, await api.readAudit(), api.logged])).not.toContain(token);
});

it('[CTL-2] is made by a person too, and outlives the session', async () => {
  const id = await addPerson(api, 'maker@example.com', 'admin');
  const { client } = await signInAs(api, 'maker@example.com');
  const made = await client.adminTokens.create.mutate({ name: 'mine', scopes: ['read'], expiresAt: null });
  expect(made.createdBy).toBe(id);
  await client.auth.signOutEverywhere.mutate();
  await expect(api.connect(made.token).users.list.query()).resolves.toBeDefined();
});

it('[CTL-2] a token gives no more than it has', async () => {
  const { token } = await make(['adminTokens:write', 'read']);
  const { adminTokens } = api.connect(token);
  const input = { name: 'child', expiresAt: null };
  for (const scopes of [['*'], ['keys:write'], ['keys:read', 'groups:write']]) {
    await expect(adminTokens.create.mutate({ ...input, scopes })).rejects.toMatchObject(FORBIDDEN);
  }
  const child = await adminTokens.create.mutate({
    ...input,
    scopes: ['keys:read', 'adminTokens:write', 'read'],
  });
  await expect(api.connect(child.token).keys.list.query()).resolves.toBeDefined();
});

it('[CTL-2] is nobody from the moment it is revoked, also for who uses it at that moment', async () => {
  const { id, token } = await make(['groups:read']);
  const client = api.connect(token);
  let isRevoked = false;
  const outcomes: string[] = [];
  const use = async () => {
    while (outcomes.length < 400) {
      const sentAfter = isRevoked;
      const outcome = await client.groups.list.query().then(
        () => 'in',
        () => 'out',
      );
      outcomes.push(`${sentAfter ? 'after' : 'before'}-${outcome}`);
      if (sentAfter) return;
    }
  };
  const users = [use(), use(), use()];
  await expect.poll(() => outcomes.length).toBeGreaterThan(3);
  expect(await api.client.adminTokens.revoke.mutate({ id })).toEqual({ id });
  isRevoked = true;
  await Promise.all(users);
  expect(outcomes).toContain('before-in');
  expect(outcomes.filter((outcome) => outcome.startsWith('after'))).toEqual(Array(3).fill('after-out'));
  await expect(api.client.adminTokens.revoke.mutate({ id })).rejects.toMatchObject({
    data: { code: 'NOT_FOUND' },
  });
});

it('[CTL-2] ends at its end', async () => {
  const { token } = await make(['*'], new Date(Date.now() - 1).toISOString());
  await expect(api.connect(token).groups.list.query()).rejects.toMatchObject(REFUSED);
});

it('[CTL-2] writes down its use at most once a minute', async () => {
  const { id, token } = await make(['groups:read']);
  const read = async () => {
    const [row] = await api.db.sql`select xmin::text, last_used_at from admin_tokens where id = ${id}`;
    return row;
  };
  expect(await read()).toMatchObject({ last_used_at: null });
  await api.connect(token).groups.list.query();
  const used = await read();
  expect(used?.['last_used_at']).not.toBeNull();
  await Promise.all([1, 2, 3].map(() => api.connect(token).groups.list.query()));
  expect(await read()).toEqual(used);
  await api.db.sql`update admin_tokens set last_used_at = now() - interval '61 s' where id = ${id}`;
  const { xmin } = (await read()) ?? {};
  await api.connect(token).groups.list.query();
  expect((await read())?.['xmin']).not.toBe(xmin);
});

it.each([
  ['no scope', { scopes: [] }, 'a token needs a scope'],
  ['a scope twice', { scopes: ['read', 'read'] }, 'names a scope twice'],
  ['a router that is none', { scopes: ['key:write'] }, 'no such router: key:write'],
  ['nonsense', { scopes: ['keys:*'] }, 'expected *, read'],
  ['no end', { expiresAt: undefined }, 'expiresAt: '],
  ['no instant', { expiresAt: 'tomorrow' }, 'expected e.g.'],
])('refuses %s', async (_name, extra, message) => {
  const input = { name: 'x', scopes: ['read'], expiresAt: null, ...extra };
  await expect(api.client.adminTokens.create.mutate(input as never)).rejects.toThrow(message);
});

it('[CTL-2] the last way in stays open', async () => {
  const other = await startTestApi(inject('postgresUrl'));
  const { adminTokens } = other.client;
  const { items } = await adminTokens.list.query();
  const id = items[0]?.id ?? '';
  await adminTokens.create.mutate({ name: 'reader', scopes: ['read'], expiresAt: null });
  const past = new Date(Date.now() - 1).toISOString();
  await adminTokens.create.mutate({ name: 'expired', scopes: ['*'], expiresAt: past });
  await expect(adminTokens.revoke.mutate({ id })).rejects.toMatchObject({ data: { code: 'CONFLICT' } });
  await addPerson(other, 'admin@example.com', 'admin');
  expect(await adminTokens.revoke.mutate({ id })).toEqual({ id });
  await expect(adminTokens.list.query()).rejects.toMatchObject(REFUSED);
  await other.stop();
});
