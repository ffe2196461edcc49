import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

describe('groups', () => {
  it('[CTL-1] makes, shows, changes and deletes a group, each with its audit row', async () => {
    const { groups } = api.client;
    const made = await groups.create.mutate({ name: 'main', platform: 'anthropic', rateMultiplier: '1.50' });
    expect(made).toMatchObject({
      name: 'main',
      platform: 'anthropic',
      status: 'active',
      type: 'standard',
      rateMultiplier: '1.5',
      rpm: 0,
      unpricedModels: 'refuse',
      deadlines: {},
    });
    expect(await groups.get.query({ id: made.id })).toEqual(made);
    expect(await groups.get.query({ name: 'main' })).toEqual(made);

    const changed = await groups.update.mutate({ id: made.id, rpm: 60, deadlines: { idleMs: 5_000 } });
    expect(changed).toMatchObject({ name: 'main', rpm: 60, deadlines: { idleMs: 5_000 } });
    expect(await groups.delete.mutate({ id: made.id })).toEqual({ id: made.id });
    await expect(groups.get.query({ id: made.id })).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });

    const audit = await api.readAudit();
    expect(audit.map(({ action, target }) => [action, target])).toEqual([
      ['group.create', made.id],
      ['group.update', made.id],
      ['group.delete', made.id],
    ]);
    expect(audit[1]?.detail).toEqual({ rpm: 60, deadlines: { idleMs: 5_000 } });
    expect(audit.every(({ actor }) => actor.startsWith('adm_'))).toBe(true);
  });

  it('[AUTH-6] has told the nodes when the admin has the answer', async () => {
    const { id } = await api.client.groups.create.mutate({ name: 'told', platform: 'openai' });
    api.published.length = 0;
    await api.client.groups.update.mutate({ id, status: 'disabled' });
    expect(api.published).toEqual([{ scope: 'group', groupId: id }]);
    expect(await api.readOutbox()).toEqual([]);
  });

  it('[AUTH-6] writes and pushes nothing when nothing changes', async () => {
    const { id } = await api.client.groups.create.mutate({ name: 'same', platform: 'openai' });
    const before = (await api.readAudit()).length;
    api.published.length = 0;
    await api.client.groups.update.mutate({ id, rateMultiplier: '1.000', rpm: 0 });
    expect(api.published).toEqual([]);
    expect(await api.readAudit()).toHaveLength(before);
  });

  it('[AUTH-6] keeps the outbox row and still answers when the store is gone', async () => {
    const { id } = await api.client.groups.create.mutate({ name: 'later', platform: 'openai' });
    api.fault.publish = new Error('store gone');
    await api.client.groups.update.mutate({ id, rpm: 7 });
    expect(await api.readOutbox()).toEqual([{ scope: 'group', groupId: id }]);
    api.fault.publish = null;
    api.published.length = 0;
    await api.services.afterCommit([]);
    expect(api.published).toEqual([{ scope: 'group', groupId: id }]);
  });

  it('[CTL-1] a taken name is a conflict that names the field', async () => {
    await api.client.groups.create.mutate({ name: 'taken', platform: 'gemini' });
    const again = api.client.groups.create.mutate({ name: 'taken', platform: 'gemini' });
    await expect(again).rejects.toMatchObject({
      message: 'name: is taken already',
      data: { code: 'CONFLICT', problems: [{ path: 'name', message: 'is taken already' }] },
    });
  });

  it('[CTL-1] of two that take a name at once, one wins', async () => {
    const { create } = api.client.groups;
    const calls = [1, 2, 3].map(() => create.mutate({ name: 'race', platform: 'gemini' }));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
  });

  it.each([
    ['unknown field', { name: 'a', platform: 'openai', pritority: 1 }, 'pritority: unknown field'],
    ['empty name', { name: '', platform: 'openai' }, 'name: must not be empty'],
    ['control character', { name: 'a\u0000b', platform: 'openai' }, 'name: no control characters'],
    ['long name', { name: 'a'.repeat(129), platform: 'openai' }, 'name: at most 128 characters'],
    ['platform', { name: 'a', platform: 'closedai' }, 'platform: Invalid option'],
    ['negative', { name: 'a', platform: 'openai', rpm: -1 }, 'rpm: '],
    ['fraction', { name: 'a', platform: 'openai', rpm: 1.5 }, 'rpm: '],
    ['huge', { name: 'a', platform: 'openai', rpm: 1e9 + 1 }, 'rpm: '],
    ['multiplier as a number', { name: 'a', platform: 'openai', rateMultiplier: 1.5 }, 'rateMultiplier: '],
    ['negative multiplier', { name: 'a', platform: 'openai', rateMultiplier: '-1' }, 'rateMultiplier: '],
    ['multiplier text', { name: 'a', platform: 'openai', rateMultiplier: '1e3' }, 'rateMultiplier: '],
    [
      'a family of two words',
      { name: 'a', platform: 'openai', messagesDispatch: { families: { 'a-b': 'c' } } },
      'messagesDispatch.families',
    ],
    [
      'a scope twice',
      { name: 'a', platform: 'antigravity', modelScopes: ['claude', 'claude'] },
      'modelScopes: ',
    ],
    [
      'no model',
      { name: 'a', platform: 'openai', messagesDispatch: { defaultModel: '' } },
      'messagesDispatch.defaultModel: must not be empty',
    ],
    ['nested', { name: 'a', platform: 'openai', deadlines: { idle: 1 } }, 'deadlines.idle: unknown field'],
  ])('[CTL-1] refuses %s by its path', async (_name, input, message) => {
    const call = api.client.groups.create.mutate(input as never);
    await expect(call).rejects.toMatchObject({
      message: expect.stringContaining(message),
      data: { code: 'BAD_REQUEST' },
    });
  });

  it('[CTL-1] never changes the platform of a group', async () => {
    const { id } = await api.client.groups.create.mutate({ name: 'fixed', platform: 'openai' });
    const call = api.client.groups.update.mutate({ id, platform: 'gemini' } as never);
    await expect(call).rejects.toThrow('platform: unknown field');
  });

  it('[CTL-1] refuses to delete a group that is in use', async () => {
    const { client } = api;
    const { id } = await client.groups.create.mutate({ name: 'used', platform: 'openai' });
    const user = await client.users.create.mutate({ email: 'used@example.com' });
    await client.keys.create.mutate({ userId: user.id, name: 'k', groupIds: [id] });
    const call = client.groups.delete.mutate({ id });
    await expect(call).rejects.toMatchObject({
      message: 'group used is still used by 1 key(s) and 0 account(s)',
      data: { code: 'CONFLICT' },
    });
    expect(await client.groups.get.query({ id })).toMatchObject({ id });
  });

  it('[CTL-3] reads page after page, each group once, also while new ones come', async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.groups.list.query>> =
        await api.client.groups.list.query({ limit: 3, cursor });
      seen.push(...page.items.map(({ id }) => id));
      cursor = page.nextCursor;
      if (seen.length === 3) await api.client.groups.create.mutate({ name: 'late', platform: 'openai' });
    } while (cursor !== null);
    const all = await api.client.groups.list.query({ limit: 200 });
    expect(seen).toEqual(all.items.map(({ id }) => id));
    expect(new Set(seen).size).toBe(seen.length);
    await expect(api.client.groups.list.query({ limit: 201 })).rejects.toThrow('limit');
  });

  it('[CTL-3] filters by platform and status', async () => {
    const { items } = await api.client.groups.list.query({ platform: 'openai', status: 'disabled' });
    expect(items.map(({ name }) => name)).toEqual(['told']);
  });
});
