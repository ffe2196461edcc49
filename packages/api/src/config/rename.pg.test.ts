import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
  await apply(FILE);
});
afterEach(() => api.stop());

const apply = (config: string, dryRun = false, prune = false) =>
  api.client.config.applyFile.mutate({ config, dryRun, prune });

const FILE = `
groups:
  - { name: a, platform: anthropic, model_routing: [{ pattern: '*', accounts: [up] }] }
  - { name: b, platform: anthropic, fallback_group: a }
accounts: [{ name: up, platform: anthropic, kind: api-key, credentials: { api_key: sk-up }, groups: [a] }]
users: [{ email: u@example.com }]
keys: [{ user: u@example.com, name: k, groups: [a, b], key: sk-test-0123456789abcdef }]
rpm_overrides: [{ user: u@example.com, group: a, rpm: 5 }]
`;
const RENAMED = `
groups:
  - { name: alpha, renamed_from: a, platform: anthropic, rpm: 3, model_routing: [{ pattern: '*', accounts: [down] }] }
  - { name: b, platform: anthropic, fallback_group: alpha }
accounts: [{ name: down, renamed_from: up, platform: anthropic, kind: api-key, groups: [alpha] }]
users: [{ email: ann@example.com, renamed_from: U@example.com }]
keys: [{ user: ann@example.com, name: laptop, renamed_from: k, groups: [alpha, b] }]
rpm_overrides: [{ user: ann@example.com, group: alpha, rpm: 5 }]
`;

describe('config.applyFile with renamed_from', () => {
  it('[CTL-4] renames what is there, and everything that refers to it follows', async () => {
    const ids = async () => [
      (await api.client.groups.list.query()).items.map(({ id }) => id).toSorted(),
      (await api.client.keys.list.query()).items.map(({ id, prefix }) => [id, prefix]),
    ];
    const before = await ids();
    const dry = await apply(RENAMED, true);
    expect((await api.client.groups.list.query()).items.map(({ name }) => name).toSorted()).toEqual([
      'a',
      'b',
    ]);
    const { plan } = await apply(RENAMED);
    expect(plan).toEqual(dry.plan);
    expect(plan.map(({ object, name, action, changes }) => [object, name, action, changes])).toEqual([
      ['group', 'alpha', 'update', { name: { from: 'a', to: 'alpha' }, rpm: { from: 0, to: 3 } }],
      ['group', 'b', 'unchanged', {}],
      ['account', 'down', 'update', { name: { from: 'up', to: 'down' } }],
      ['user', 'ann@example.com', 'update', { email: { from: 'u@example.com', to: 'ann@example.com' } }],
      ['key', 'ann@example.com/laptop', 'update', { name: { from: 'k', to: 'laptop' } }],
      ['rpm_override', 'ann@example.com/alpha', 'unchanged', {}],
    ]);
    expect(await ids()).toEqual(before);
  });

  it('[CTL-4] the field may stay in the file: the second run changes nothing', async () => {
    await apply(RENAMED);
    api.published.length = 0;
    const { plan } = await apply(RENAMED, false, true);
    expect(plan.filter(({ action }) => action !== 'unchanged')).toEqual([]);
    expect(api.published).toEqual([]);
  });

  it('[CTL-4] two that rename at once rename once', async () => {
    const results = await Promise.all([apply(RENAMED), apply(RENAMED), apply(RENAMED)]);
    const changed = results.filter(({ plan }) => plan.some(({ action }) => action !== 'unchanged'));
    expect(changed).toHaveLength(1);
    expect((await api.client.groups.list.query()).items).toHaveLength(2);
  });

  it('[CTL-4] where there is nothing to rename the object is made', async () => {
    await apply(RENAMED);
    const more = 'groups: [{ name: c, renamed_from: never, platform: gemini }]';
    expect((await apply(more)).plan).toMatchObject([{ name: 'c', action: 'create', changes: {} }]);
  });

  it.each([
    [
      'groups: [{ name: b, renamed_from: a, platform: anthropic }]',
      'groups[0].renamed_from: there is a group a and a group b: rename or delete one of them',
    ],
    [
      'groups: [{ name: c, renamed_from: a, platform: anthropic }, { name: a, platform: anthropic }]',
      'groups[0].renamed_from: a is in this file as well',
    ],
    [
      'groups: [{ name: c, renamed_from: a, platform: anthropic }]\nkeys: [{ user: u@example.com, name: k, groups: [a] }]',
      'keys[0].groups[0]: no such group: a',
    ],
    [
      'users: [{ email: x@example.com, renamed_from: nobody }]',
      'users[0].renamed_from: not an e-mail address',
    ],
  ])('[CTL-4] refuses %s by its path, and renames nothing', async (file, message) => {
    await expect(apply(file)).rejects.toThrow(message);
    expect((await api.client.groups.list.query()).items.map(({ name }) => name).toSorted()).toEqual([
      'a',
      'b',
    ]);
    expect(api.published.filter(({ scope }) => scope === 'all')).toEqual([]);
  });
});
