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

  it('[CTL-4] alert channels and rules keep what they are, what they have sent and what uses them', async () => {
    const rule = 'metric: errors, comparison: above, threshold: 2';
    await apply(`
alert_channels: [{ name: mail, kind: email, recipients: [a@example.com] }, { name: hook, kind: slack, url: 'https://h.example' }]
alert_rules: [{ name: first, ${rule}, channel: hook, fallback_channel: mail }, { name: second, ${rule}, filter: { group: [a] } }]`);
    const list = async () => {
      const { items: channels } = await api.client.alertChannels.list.query({});
      const { items: rules } = await api.client.alertRules.list.query();
      return [...channels, ...rules].map(({ name, id }) => [name, id]);
    };
    const before = new Map((await list()).map(([name = '', id]) => [name, id]));
    const renamed = `
groups: [{ name: alpha, renamed_from: a, platform: anthropic }]
alert_channels: [{ name: chat, renamed_from: hook, kind: slack, enabled: false }]
alert_rules: [{ name: errors, renamed_from: second, ${rule}, filter: { group: [alpha] } }, { name: first, ${rule}, channel: chat }]`;
    const { plan: dry } = await apply(renamed, true);
    expect(new Map((await list()).map(([name = '', id]) => [name, id]))).toEqual(before);
    const { plan } = await apply(renamed);
    expect(plan).toEqual(dry);
    expect(plan.map(({ object, name, changes }) => [object, name, changes])).toEqual([
      ['group', 'alpha', { name: { from: 'a', to: 'alpha' } }],
      ['alert_channel', 'chat', { name: { from: 'hook', to: 'chat' }, enabled: { from: true, to: false } }],
      ['alert_rule', 'errors', { name: { from: 'second', to: 'errors' }, position: { from: 2, to: 1 } }],
      ['alert_rule', 'first', { position: { from: 1, to: 2 } }],
    ]);
    expect(new Map((await list()).map(([name = '', id]) => [name, id]))).toEqual(
      new Map([
        ['mail', before.get('mail')],
        ['chat', before.get('hook')],
        ['errors', before.get('second')],
        ['first', before.get('first')],
      ]),
    );
    const again = await apply(renamed, false);
    expect(again.plan.filter(({ action }) => action !== 'unchanged')).toEqual([]);
  });

  it.each([
    [
      'alert_channels: [{ name: b, renamed_from: a, kind: email }]',
      'alert_channels[0].renamed_from: there is an alert channel a and an alert channel b',
    ],
    [
      'alert_rules: [{ name: c, renamed_from: "", metric: errors, comparison: above, threshold: 2 }]',
      'alert_rules[0].renamed_from: must not be empty',
    ],
    [
      `alert_rules:
  - { name: y, renamed_from: x, metric: errors, comparison: above, threshold: 2 }
  - { name: x, metric: errors, comparison: above, threshold: 2 }`,
      'alert_rules[0].renamed_from: x is in this file as well',
    ],
  ])('[CTL-4] refuses %s by its path', async (file, message) => {
    await apply(`
alert_channels: [{ name: a, kind: email, recipients: [a@example.com] }, { name: b, kind: email, recipients: [a@example.com] }]
alert_rules: [{ name: x, metric: errors, comparison: above, threshold: 2 }]`);
    const audit = (await api.readAudit()).length;
    await expect(apply(file)).rejects.toThrow(message);
    expect((await api.readAudit()).length).toBe(audit);
  });
});
