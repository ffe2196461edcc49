import { hashKey } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const CUSTOM = 'sk-custom-0123456789abcdef';

let api: TestApi;
let userId: string;
let first: string;
let second: string;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  const { groups, users } = api.client;
  ({ id: userId } = await users.create.mutate({ email: 'Owner@Example.com' }));
  ({ id: first } = await groups.create.mutate({ name: 'first', platform: 'anthropic' }));
  ({ id: second } = await groups.create.mutate({ name: 'second', platform: 'openai' }));
});
afterAll(() => api.stop());

describe('keys', () => {
  it('[AUTH-1] shows a generated key once and stores only its hash and prefix', async () => {
    const made = await api.client.keys.create.mutate({ userId, name: 'made', groupIds: [second, first] });
    expect(made.plainKey).toMatch(/^sk-[A-Za-z0-9_-]{43}$/);
    expect(made.plainKey.startsWith(made.prefix.slice(0, 8))).toBe(true);
    expect(made.userEmail).toBe('owner@example.com');
    expect(made.groups.map(({ name }) => name)).toEqual(['second', 'first']);

    const { plainKey, ...rest } = made;
    expect(await api.client.keys.get.query({ id: made.id })).toEqual(rest);
    const tables = await api.db.sql`select * from keys, audit, outbox`;
    expect(JSON.stringify([tables, await api.readAudit(), api.logged])).not.toContain(plainKey);
    const [row] = await api.db.sql`select hash from keys where id = ${made.id}`;
    expect(row?.['hash']).toBe(hashKey(plainKey));
  });

  it('[AUTH-1] takes a custom key; [AUTH-6] tells the nodes, which may know it as unknown', async () => {
    api.published.length = 0;
    const made = await api.client.keys.create.mutate({ userId, name: 'own', groupIds: [first], key: CUSTOM });
    expect(made.plainKey).toBe(CUSTOM);
    expect(api.published).toEqual([{ scope: 'key', keyHash: hashKey(CUSTOM) }]);
    const again = api.client.keys.create.mutate({ userId, name: 'own2', groupIds: [first], key: CUSTOM });
    await expect(again).rejects.toMatchObject({
      message: 'key: is taken already',
      data: { code: 'CONFLICT' },
    });
  });

  it.each(['sk-short', 'sk-with space-0123456789', 'sk-ünïcode-0123456789', `${CUSTOM}\n`, ''])(
    '[AUTH-1] refuses the custom key %j without echoing it',
    async (key) => {
      const call = api.client.keys.create.mutate({ userId, name: 'bad', groupIds: [first], key });
      await expect(call).rejects.toThrow(/^key: expected at least 16 characters of A-Z a-z 0-9 _ -$/);
    },
  );

  it('[AUTH-6] disabling a key is on its way to the nodes when the admin has the answer', async () => {
    const made = await api.client.keys.create.mutate({ userId, name: 'off', groupIds: [first] });
    api.published.length = 0;
    const changed = await api.client.keys.update.mutate({ id: made.id, status: 'disabled' });
    expect(changed.status).toBe('disabled');
    expect(api.published).toEqual([{ scope: 'key', keyHash: hashKey(made.plainKey) }]);
    await api.client.keys.delete.mutate({ id: made.id });
    expect(api.published).toHaveLength(2);
  });

  it('[CTL-1] changes groups, lists and expiry; the same instant in another zone is no change', async () => {
    const made = await api.client.keys.create.mutate({
      userId,
      name: 'settings',
      groupIds: [first],
      expiresAt: '2031-01-01T01:00:00+01:00',
    });
    expect(made.expiresAt).toBe('2031-01-01T00:00:00.000Z');
    const changed = await api.client.keys.update.mutate({
      id: made.id,
      groupIds: [second, first],
      ipAllow: ['10.0.0.0/8', '2001:db8::/32', '::1'],
      ipDeny: ['10.1.1.1'],
      rpm: 5,
      concurrency: 2,
    });
    expect(changed).toMatchObject({ rpm: 5, concurrency: 2, ipDeny: ['10.1.1.1'] });
    expect(changed.groups.map(({ id }) => id)).toEqual([second, first]);
    api.published.length = 0;
    await api.client.keys.update.mutate({ id: made.id, expiresAt: '2031-01-01T00:00:00Z', rpm: 5 });
    expect(api.published).toEqual([]);
    expect(await api.client.keys.update.mutate({ id: made.id, expiresAt: null })).toMatchObject({
      expiresAt: null,
    });
  });

  it.each([
    ['ipAllow', ['10.0.0.0/33'], 'ipAllow[0]: not an IP address or CIDR range'],
    ['ipDeny', ['example.com'], 'ipDeny[0]: not an IP address or CIDR range'],
    ['groupIds', [], 'groupIds: a key needs a group'],
    ['expiresAt', 'tomorrow', 'expiresAt: expected e.g. 2030-01-31T00:00:00Z'],
    ['hash', 'abc', 'hash: unknown field'],
  ])('[CTL-1] refuses a bad %s by its path', async (field, value, message) => {
    const input = { userId, name: 'bad', groupIds: [first], [field]: value };
    await expect(api.client.keys.create.mutate(input)).rejects.toThrow(message);
  });

  it('[CTL-1] refuses what refers to nothing, and writes nothing', async () => {
    const { keys } = api.client;
    const noGroup = keys.create.mutate({ userId, name: 'lost', groupIds: ['grp_0'] });
    await expect(noGroup).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
    const noUser = keys.create.mutate({ userId: 'usr_0', name: 'lost', groupIds: [first] });
    await expect(noUser).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
    const noKey = keys.update.mutate({ id: 'key_0', rpm: 1 });
    await expect(noKey).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
    const { items } = await keys.list.query({ userId, limit: 200 });
    expect(items.some(({ name }) => name === 'lost')).toBe(false);
  });

  it('[CTL-3] filters by user, group and status', async () => {
    const inSecond = await api.client.keys.list.query({ groupId: second, status: 'active' });
    expect(inSecond.items.map(({ name }) => name)).toEqual(['made', 'settings']);
    expect(await api.client.keys.list.query({ userId: 'usr_0' })).toEqual({ items: [], nextCursor: null });
  });

  it('[CTL-1] a user with keys cannot be deleted', async () => {
    await expect(api.client.users.delete.mutate({ id: userId })).rejects.toMatchObject({
      message: expect.stringMatching(/^user owner@example.com still has \d+ key\(s\)$/),
      data: { code: 'CONFLICT' },
    });
  });
});
