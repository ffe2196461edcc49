import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let names = 0;
let a: string;
let b: string;
const makeGroup = async (extra: object = {}) => {
  names += 1;
  const made = await api.client.groups.create.mutate({ name: `g${names}`, platform: 'openai', ...extra });
  return made.id;
};
const makeAccount = async (groupIds: string[]) => {
  names += 1;
  const { id } = await api.client.accounts.create.mutate({
    name: `a${names}`,
    platform: 'openai',
    kind: 'api-key',
    credentials: { api_key: 'x' },
    groups: groupIds.map((group) => ({ id: group })),
  });
  return id;
};
const change = (id: string, patch: object) => api.client.groups.update.mutate({ id, ...patch });

beforeEach(async () => {
  a = await makeGroup();
  b = await makeGroup({ fallbackGroupId: a });
});

describe('group links', () => {
  it('[SEL-6] shows what was saved, and takes it back with null', async () => {
    const routing = [{ pattern: 'gpt-*', accountIds: [await makeAccount([b])] }];
    const fields = {
      tpm: 7,
      clientRestriction: 'claude-code',
      invalidRequestFallbackGroupId: a,
      modelRouting: routing,
      queueTimeoutMs: 1_000,
    };
    await change(b, fields);
    const shown = await api.client.groups.get.query({ id: b });
    expect(shown).toMatchObject({ ...fields, fallbackGroupId: a });
    api.published.length = 0;
    await change(b, fields);
    expect(api.published).toEqual([]);
    const bare = await change(b, { fallbackGroupId: null, modelRouting: [] });
    expect(bare).toMatchObject({ fallbackGroupId: null, modelRouting: [], invalidRequestFallbackGroupId: a });
    expect(api.published).toEqual([{ scope: 'group', groupId: b }]);
  });

  it('[SEL-6] refuses a circle, also one over both kinds, and changes nothing', async () => {
    await expect(change(a, { fallbackGroupId: b })).rejects.toThrow(
      'fallbackGroupId: groups fall back in a circle',
    );
    await expect(change(a, { invalidRequestFallbackGroupId: b })).rejects.toThrow('in a circle');
    await expect(change(a, { fallbackGroupId: a })).rejects.toThrow('cannot be its own fallback');
    expect(await api.client.groups.get.query({ id: a })).toMatchObject({ fallbackGroupId: null });
  });

  it('[SEL-6] of two changes at once that make a circle together, one is refused', async () => {
    const c = await makeGroup();
    const results = await Promise.allSettled([
      change(a, { fallbackGroupId: c }),
      change(c, { fallbackGroupId: a }),
    ]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  it.each([
    ['an unknown group', { fallbackGroupId: 'grp_0' }, 'fallbackGroupId: no such group: grp_0'],
    [
      'an unknown account',
      { modelRouting: [{ pattern: 'x', accountIds: ['acc_0'] }] },
      'modelRouting[0].accountIds[0]: no such account',
    ],
    [
      'no account',
      { modelRouting: [{ pattern: 'x', accountIds: [] }] },
      'modelRouting[0].accountIds: a route needs an account',
    ],
    [
      'an empty pattern',
      { modelRouting: [{ pattern: '', accountIds: ['acc_0'] }] },
      'modelRouting[0].pattern: a pattern must not be empty',
    ],
    [
      'a star in the middle',
      { modelRouting: [{ pattern: 'a*b', accountIds: ['acc_0'] }] },
      'modelRouting[0].pattern: a pattern may hold *',
    ],
    ['an unknown restriction', { clientRestriction: 'curl' }, 'clientRestriction: '],
    ['no time to wait', { queueTimeoutMs: 0 }, 'queueTimeoutMs: '],
    ['a fraction of a token', { tpm: 0.5 }, 'tpm: '],
    ['a negative TPM', { tpm: -1 }, 'tpm: '],
    ['a huge TPM', { tpm: 1e9 + 1 }, 'tpm: '],
  ])('[SEL-6] refuses %s by its path', async (_name, patch, message) => {
    const call = change(a, patch);
    await expect(call).rejects.toMatchObject({
      message: expect.stringContaining(message),
      data: { code: 'BAD_REQUEST' },
    });
    await expect(makeGroup(patch)).rejects.toThrow(message);
  });

  it('[SEL-6] [API-3] a fallback may be of another platform', async () => {
    const other = await makeGroup({ platform: 'gemini' });
    await change(a, { invalidRequestFallbackGroupId: other });
    expect(await api.client.groups.get.query({ id: a })).toMatchObject({
      invalidRequestFallbackGroupId: other,
    });
    await change(a, { invalidRequestFallbackGroupId: null });
  });

  it('[SEL-1] a routed account stays in the group until the route is gone', async () => {
    const id = await makeAccount([a, b]);
    const outside = await makeAccount([b]);
    const wrong = change(a, { modelRouting: [{ pattern: 'x', accountIds: [id, outside] }] });
    await expect(wrong).rejects.toThrow('modelRouting[0].accountIds[1]: account');
    await change(a, { modelRouting: [{ pattern: 'x', accountIds: [id] }] });
    const conflict = { message: expect.stringContaining('routes x to account'), data: { code: 'CONFLICT' } };
    await expect(api.client.accounts.update.mutate({ id, groups: [{ id: b }] })).rejects.toMatchObject(
      conflict,
    );
    await expect(api.client.accounts.delete.mutate({ id })).rejects.toMatchObject(conflict);
    await api.client.accounts.update.mutate({ id, groups: [{ id: a }], priority: 1 });
    await change(a, { modelRouting: [] });
    await api.client.accounts.delete.mutate({ id });
  });

  it('[SEL-6] a group that others fall back to is not deleted', async () => {
    await expect(api.client.groups.delete.mutate({ id: a })).rejects.toMatchObject({
      message: expect.stringContaining('falls back to group'),
      data: { code: 'CONFLICT' },
    });
    await api.client.groups.delete.mutate({ id: b });
    await api.client.groups.delete.mutate({ id: a });
  });
});
