import { TOKEN_QUOTA_PERIOD_MS } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let names = 0;
const makeUser = (extra: object = {}) => {
  names += 1;
  return api.client.users.create.mutate({ email: `u${names}@example.com`, ...extra });
};

describe('users: limits', () => {
  it('[LIM-10] [LIM-5] shows what was given, and defaults', async () => {
    expect(await makeUser()).toMatchObject({
      tpm: 0,
      weight: 1,
      queueMax: null,
      tokenLimit: 0,
      tokenUsage: 0,
      lastResetAt: null,
    });
    const given = { tpm: 9, weight: 100, queueMax: 0, tokenLimit: 1e12 };
    const { id, ...made } = await makeUser(given);
    expect(made).toMatchObject(given);
    expect(await api.client.users.update.mutate({ id, queueMax: null })).toMatchObject({ queueMax: null });
  });

  it.each([
    ['weight 0', { weight: 0 }, 'weight: '],
    ['weight 101', { weight: 101 }, 'weight: '],
    ['weight 1.5', { weight: 1.5 }, 'weight: '],
    ['a negative TPM', { tpm: -1 }, 'tpm: '],
    ['a huge TPM', { tpm: 1e9 + 1 }, 'tpm: '],
    ['a negative queue', { queueMax: -1 }, 'queueMax: '],
    ['a huge queue', { queueMax: 1e6 + 1 }, 'queueMax: '],
    ['a negative quota', { tokenLimit: -1 }, 'tokenLimit: '],
    ['a huge quota', { tokenLimit: 1e12 + 1 }, 'tokenLimit: '],
    ['a quota that is no number', { tokenLimit: 'many' }, 'tokenLimit: '],
    ['a usage', { tokenUsage: 0 }, 'tokenUsage: unknown field'],
  ])('[LIM-10] refuses %s', async (_what, extra, message) => {
    await expect(makeUser(extra)).rejects.toThrow(message);
  });

  it('[LIM-10] another limit clears the block flag after the nodes were told', async () => {
    const { id } = await makeUser({ tokenLimit: 5 });
    api.live.blockedUsers.add(id);
    api.published.length = 0;
    await api.client.users.update.mutate({ id, rpm: 5 });
    expect(api.live.blockedUsers.has(id)).toBe(true);
    await api.client.users.update.mutate({ id, tokenLimit: 50 });
    expect(api.live.blockedUsers.has(id)).toBe(false);
    const user = { scope: 'user', userId: id };
    expect(api.published).toEqual([user, user, { scope: 'token-quota', userId: id }]);
  });

  it('[LIM-10] a reset by hand begins a period, clears the flag, and is audited', async () => {
    const { id, email } = await makeUser({ tokenLimit: 5 });
    const old = new Date(Date.now() - TOKEN_QUOTA_PERIOD_MS / 2);
    await api.db.sql`update users set token_usage = 7, last_reset_at = ${old.toISOString()} where id = ${id}`;
    api.live.blockedUsers.add(id);
    api.published.length = 0;
    const reset = await api.client.users.resetTokenQuota.mutate({ email });
    expect(reset).toMatchObject({ id, tokenLimit: 5, tokenUsage: 0 });
    expect(Date.parse(reset.lastResetAt ?? '')).toBeGreaterThan(old.getTime());
    expect(api.live.blockedUsers.has(id)).toBe(false);
    expect(api.published.map(({ scope }) => scope)).toEqual(['user', 'token-quota']);
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'user.reset-token-quota',
      target: id,
      detail: { tokenUsage: 7 },
    });
    await expect(api.client.users.resetTokenQuota.mutate({ id: 'usr_0' })).rejects.toThrow('no such user');
  });

  it('[LIM-11] a store that is away does not hold the answer; the log and the outbox know', async () => {
    const { id } = await makeUser({ tokenLimit: 5 });
    api.live.isGone = true;
    expect(await api.client.users.resetTokenQuota.mutate({ id })).toMatchObject({ tokenUsage: 0 });
    api.live.isGone = false;
    expect(api.logged.at(-1)).toContain('a token quota flag was not cleared');
  });
});

describe('users.rpmStatus', () => {
  it('[LIM-3] shows present use against each limit: own, of groups, of fallbacks, overridden, of keys', async () => {
    const { groups, keys, overrides, users } = api.client;
    const group = async (name: string, extra: object) =>
      (await groups.create.mutate({ name, platform: 'openai', ...extra })).id;
    const last = await group('last', { rpm: 40 });
    const middle = await group('middle', { rpm: 30, invalidRequestFallbackGroupId: last });
    const first = await group('first', { rpm: 20, tpm: 2_000, fallbackGroupId: middle });
    const free = await group('free', { rpm: 50 });
    await group('elsewhere', { rpm: 60 });
    const user = await makeUser({ rpm: 10 });
    const key = (name: string, extra: object) =>
      keys.create.mutate({ userId: user.id, name, groupIds: [first, free], ...extra });
    const limited = await key('limited', { tpm: 3_000 });
    await key('unlimited', {});
    await overrides.set.mutate({ userId: user.id, groupId: middle, rpm: 35 });
    await overrides.set.mutate({ userId: user.id, groupId: free, rpm: 0 });
    api.live.used = ({ subject, unit }) => (subject.kind === 'user' && unit === 'requests' ? 4 : 0);

    const { limits } = await users.rpmStatus.query({ email: user.email });
    const shared = { used: 0, resetMs: 12_345, isOverride: false };
    expect(limits).toHaveLength(6);
    expect(limits).toEqual(
      expect.arrayContaining([
        { subject: 'user', id: user.id, name: user.email, unit: 'requests', limit: 10, ...shared, used: 4 },
        { subject: 'group', id: first, name: 'first', unit: 'requests', limit: 20, ...shared },
        { subject: 'group', id: first, name: 'first', unit: 'tokens', limit: 2_000, ...shared },
        {
          subject: 'group',
          id: middle,
          name: 'middle',
          unit: 'requests',
          limit: 35,
          ...shared,
          isOverride: true,
        },
        { subject: 'group', id: last, name: 'last', unit: 'requests', limit: 40, ...shared },
        { subject: 'key', id: limited.id, name: 'limited', unit: 'tokens', limit: 3_000, ...shared },
      ]),
    );
    expect(api.live.windowsRead[0]).toEqual({
      subject: { kind: 'user', userId: user.id },
      unit: 'requests',
      limit: 10,
      shape: 'sliding',
    });
  });

  it('[LIM-3] a user without limits has none to show; an unknown one is not found', async () => {
    const user = await makeUser();
    const status = await api.client.users.rpmStatus.query({ id: user.id });
    expect(status).toEqual({ userId: user.id, email: user.email, limits: [] });
    await expect(api.client.users.rpmStatus.query({ id: 'usr_0' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    });
  });
});
