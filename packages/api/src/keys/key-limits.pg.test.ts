import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const NOW_MS = Date.UTC(2030, 0, 1, 12);
let api: TestApi;
let userId: string;
let groupIds: string[];
let made = 0;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'), { clock: { ...systemClock, nowMs: () => NOW_MS } });
  userId = (await api.client.users.create.mutate({ email: 'u@example.com' })).id;
  groupIds = [(await api.client.groups.create.mutate({ name: 'main', platform: 'openai' })).id];
});
afterAll(() => api.stop());

function makeKey(limits = {}) {
  made += 1;
  return api.client.keys.create.mutate({ userId, name: `k${made}`, groupIds, ...limits });
}

it('[LIM-9] a key has a quota and three windows; "0" says none, as null does', async () => {
  const key = await makeKey({ quota: '10.00', limit5h: '1', limit1d: '0', limit7d: null });
  expect(key).toMatchObject({ quota: '10', limit5h: '1', limit1d: null, limit7d: null });
  api.published.length = 0;
  const { update } = api.client.keys;
  expect(await update.mutate({ id: key.id, quota: '10.0', limit1d: '0.00' })).toMatchObject({ quota: '10' });
  expect(api.published).toEqual([]);
  const changed = await update.mutate({ id: key.id, quota: null, limit1d: '0.000000000001' });
  expect(changed).toMatchObject({ quota: null, limit5h: '1', limit1d: '0.000000000001' });
  expect(api.published).toMatchObject([{ scope: 'key' }]);
});

it.each([
  ['negative', '-1'],
  ['too much', '1000001'],
  ['too fine', '0.0000000000001'],
  ['no decimal', 'NaN'],
  ['a number', 5],
])('[LIM-9] refuses a limit that is %s', async (_name, quota) => {
  await expect(makeKey({ quota })).rejects.toThrow('quota: expected a decimal');
});

it('[LIM-9] shows what is spent at this moment, and begins anew on demand', async () => {
  const { id } = await makeKey({ quota: '10', limit5h: '1' });
  await api.db.sql`
    update keys set spent_total = 7.5, spent_5h = 0.5, started_5h = '2030-01-01T11:00:00Z',
      spent_1d = 2, started_1d = '2029-12-31T12:00:00Z', spent_7d = 3, started_7d = '2029-12-31T12:00:00Z'
    where id = ${id}`;
  expect(await api.client.keys.usage.query({ id })).toEqual({
    keyId: id,
    total: { limit: '10', spent: '7.5' },
    '5h': {
      limit: '1',
      spent: '0.5',
      startedAt: '2030-01-01T11:00:00.000Z',
      endsAt: '2030-01-01T16:00:00.000Z',
    },
    // Over at this very moment.
    '1d': { limit: null, spent: '0', startedAt: null, endsAt: null },
    '7d': expect.objectContaining({ spent: '3', endsAt: '2030-01-07T12:00:00.000Z' }),
  });
  api.published.length = 0;
  const one = await api.client.keys.resetUsage.mutate({ id, windows: ['5h'] });
  expect([one.total.spent, one['5h'].spent, one['7d'].spent]).toEqual(['7.5', '0', '3']);
  expect(api.published).toEqual([{ scope: 'balance', userId }]);
  const all = await api.client.keys.resetUsage.mutate({ id });
  expect([all.total.spent, all['5h'].startedAt, all['7d'].spent]).toEqual(['0', null, '0']);
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: 'key.reset-usage',
    target: id,
    detail: { spent: { total: '7.5', '5h': '0', '7d': '3' } },
  });
  const nobody = api.client.keys.resetUsage.mutate({ id: 'key_0' });
  await expect(nobody).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
});
