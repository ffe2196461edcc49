import { picoUsd, type AccountId } from '@tollgate/core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
const accountIds: AccountId[] = [];

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  for (const name of ['one', 'two', 'three']) {
    const { id } = await api.client.accounts.create.mutate({
      name,
      platform: 'openai',
      kind: 'api-key',
      credentials: { api_key: 'x' },
      concurrency: name.length,
    });
    accountIds.push(id as AccountId);
  }
  await api.client.users.create.mutate({ email: 'u@example.com', concurrency: 9 });
});
afterAll(() => api.stop());
beforeEach(() => {
  api.live.isGone = false;
});

const state = (accountId: AccountId, upstreamModel: string | null) => ({
  accountId,
  upstreamModel,
  kind: 'rate-limited' as const,
  reason: 'the upstream answered 429',
  sinceMs: 0,
  untilMs: 60_000,
  isProbing: false,
});

describe('accounts.states', () => {
  it('[ACC-4] [ACC-5] shows what stands against each account, with sessions, window cost and windows', async () => {
    const [one, two] = accountIds as [AccountId, AccountId];
    api.live.states = [state(one, null), state(one, 'gpt-x'), state(two, null)];
    api.live.sessions.set(one, 3);
    api.live.costs.set(one, { startMs: 0, endMs: 18_000_000, spent: picoUsd(2n ** 60n) });
    const window = { name: '5h', utilization: 0.5, resetsAtMs: 1_000, status: 'allowed' };
    api.live.upstreamWindows.set(one, [window, { ...window, name: '7d', resetsAtMs: null }]);
    const { items } = await api.client.accounts.states.query({ limit: 2 });
    expect(items.map(({ name, states }) => [name, states.length])).toEqual([
      ['one', 2],
      ['two', 1],
    ]);
    expect(items[0]).toMatchObject({
      states: [
        {
          upstreamModel: null,
          kind: 'rate-limited',
          reason: 'the upstream answered 429',
          since: '1970-01-01T00:00:00.000Z',
          until: '1970-01-01T00:01:00.000Z',
          isProbing: false,
        },
        { upstreamModel: 'gpt-x' },
      ],
      sessions: 3,
      windowCost: { spent: '1152921.504606846976', endsAt: '1970-01-01T05:00:00.000Z' },
      upstreamWindows: [
        { name: '5h', utilization: 0.5, resetsAt: '1970-01-01T00:00:01.000Z', status: 'allowed' },
        { name: '7d', resetsAt: null },
      ],
    });
    expect(items[1]).toMatchObject({ sessions: 0, windowCost: null, upstreamWindows: [] });
    const alone = await api.client.accounts.states.query({ accountId: two });
    expect(alone).toMatchObject({ items: [{ name: 'two' }], nextCursor: null });
  });

  it('[ACC-4] the admin clears one model or all, with an audit row', async () => {
    const [one, two] = accountIds as [AccountId, AccountId];
    api.live.states = [state(one, null), state(one, 'gpt-x'), state(two, null)];
    await api.client.accounts.clearState.mutate({ id: one, upstreamModel: 'gpt-x' });
    expect(api.live.states).toEqual([state(one, null), state(two, null)]);
    await api.client.accounts.clearState.mutate({ id: one });
    expect(api.live.states).toEqual([state(two, null)]);
    expect((await api.readAudit()).slice(-2)).toMatchObject([
      { action: 'account.clear-state', target: one, detail: { upstreamModel: 'gpt-x' } },
      { action: 'account.clear-state', target: one, detail: { upstreamModel: null } },
    ]);
    const unknown = api.client.accounts.clearState.mutate({ id: 'acc_0' });
    await expect(unknown).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  });
});

describe('sticky', () => {
  const bind = () => {
    const [one, two] = accountIds as [AccountId, AccountId];
    api.live.bindings = [
      { name: 'a', accountId: one, endsInMs: 3 },
      { name: 'b', accountId: two, endsInMs: 2 },
      { name: 'c', accountId: 'acc_gone' as AccountId, endsInMs: 1 },
    ];
  };

  it('[SEL-4] lists bindings page after page, with the names of accounts that are there', async () => {
    bind();
    const first = await api.client.sticky.list.query({ limit: 2 });
    expect(first.items.map(({ name, accountName }) => [name, accountName])).toEqual([
      ['a', 'one'],
      ['b', 'two'],
    ]);
    const second = await api.client.sticky.list.query({ limit: 2, cursor: first.nextCursor });
    expect(second).toMatchObject({ items: [{ name: 'c', accountName: null }], nextCursor: null });
    api.live.bindings = [];
    expect(await api.client.sticky.list.query()).toEqual({ items: [], nextCursor: null });
  });

  it('[SEL-4] clears one, those of an account, or all, with an audit row', async () => {
    bind();
    const { clear } = api.client.sticky;
    expect(await clear.mutate({ name: 'a' })).toEqual({ cleared: 1 });
    expect(await clear.mutate({ name: 'a' })).toEqual({ cleared: 0 });
    expect(await clear.mutate({ accountId: accountIds[1] ?? '' })).toEqual({ cleared: 1 });
    expect(await clear.mutate({ all: true })).toEqual({ cleared: 1 });
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'sticky.clear',
      target: 'sticky',
      detail: { all: true, cleared: 1 },
    });
    for (const wrong of [{}, { all: false }, { name: '' }, { name: 'x'.repeat(201) }]) {
      await expect(clear.mutate(wrong as never)).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } });
    }
  });
});

describe('live', () => {
  it('[LIM-5] shows running and waiting of users and accounts apart, and the queues alone', async () => {
    api.live.load = (holder) =>
      holder.kind === 'account' && holder.accountId === accountIds[1]
        ? { running: 2, waiting: 4 }
        : { running: 1, waiting: 0 };
    const users = await api.client.live.slots.query({ kind: 'user' });
    expect(users.items).toMatchObject([{ name: 'u@example.com', running: 1, waiting: 0, max: 9 }]);
    const accounts = await api.client.live.slots.query({ kind: 'account', limit: 2 });
    expect(accounts.items).toMatchObject([
      { name: 'one', running: 1, waiting: 0, max: 3 },
      { name: 'two', running: 2, waiting: 4, max: 3 },
    ]);
    const cursor = accounts.nextCursor;
    const rest = await api.client.live.slots.query({ kind: 'account', limit: 2, cursor });
    expect(rest).toMatchObject({ items: [{ name: 'three', max: 5 }], nextCursor: null });
    const queues = await api.client.live.queues.query({ kind: 'account' });
    expect(queues.items).toMatchObject([{ id: accountIds[1], waiting: 4 }]);
    expect((await api.client.live.queues.query({ kind: 'user' })).items).toEqual([]);
  });

  it('[LIM-11] a store that is away is a 503 without its details, and writes no audit row', async () => {
    const before = (await api.readAudit()).length;
    api.live.isGone = true;
    const calls = [
      api.client.live.slots.query({ kind: 'user' }),
      api.client.accounts.states.query(),
      api.client.sticky.list.query(),
      api.client.sticky.clear.mutate({ all: true }),
      api.client.accounts.clearState.mutate({ id: accountIds[0] ?? '' }),
    ];
    for (const result of await Promise.allSettled(calls)) {
      expect(result).toMatchObject({
        reason: { message: expect.stringMatching(/^temporarily unavailable/), data: { httpStatus: 503 } },
      });
    }
    expect(await api.readAudit()).toHaveLength(before);
  });
});

it('[LIM-3] without a live store the calls say so, and what needs none still works', async () => {
  const bare = await startTestApi(inject('postgresUrl'), { hasLive: false });
  const { client } = bare;
  const { id } = await client.users.create.mutate({ email: 'u@example.com', tokenLimit: 1 });
  expect(await client.users.resetTokenQuota.mutate({ id })).toMatchObject({ id });
  const calls = [
    client.users.rpmStatus.query({ id }),
    client.live.queues.query({ kind: 'account' }),
    client.sticky.clear.mutate({ all: true }),
    client.accounts.states.query(),
  ];
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({
      reason: { message: expect.stringContaining('no live store'), data: { code: 'PRECONDITION_FAILED' } },
    });
  }
  await bare.stop();
});

it('[CTL-1] nobody without a token reads or clears anything', async () => {
  const { live, overrides, sticky, users } = api.connect('tga_wrong_0123456789abcdef');
  const calls = [
    live.slots.query({ kind: 'user' }),
    sticky.clear.mutate({ all: true }),
    overrides.clearGroup.mutate({ groupId: 'grp_0' }),
    users.resetTokenQuota.mutate({ id: 'usr_0' }),
  ];
  for (const result of await Promise.allSettled(calls)) {
    expect(result).toMatchObject({ reason: { data: { code: 'UNAUTHORIZED' } } });
  }
});
