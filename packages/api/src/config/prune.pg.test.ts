import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const prune = (config: string, dryRun = false) =>
  api.client.config.applyFile.mutate({ config, dryRun, prune: true });
const lines = (plan: { object: string; name: string; action: string }[]) =>
  plan.filter(({ action }) => action !== 'unchanged').map((one) => `${one.action} ${one.object} ${one.name}`);

const FILE = `
groups:
  - { name: a, platform: anthropic, fallback_group: b, model_routing: [{ pattern: '*', accounts: [up] }] }
  - { name: b, platform: anthropic }
accounts: [{ name: up, platform: anthropic, kind: api-key, credentials: { api_key: sk-up }, groups: [a, b] }]
users: [{ email: u@example.com }, { email: v@example.com }]
keys:
  - { user: u@example.com, name: k1, groups: [a], key: sk-test-0123456789abcde1 }
  - { user: u@example.com, name: k2, groups: [b], key: sk-test-0123456789abcde2 }
rpm_overrides: [{ user: u@example.com, group: a, rpm: 5 }]
`;
const NOTHING = 'groups: []\naccounts: []\nusers: []\nkeys: []\nrpm_overrides: []';

describe('config.applyFile with prune', () => {
  beforeEach(async () => {
    await api.client.config.applyFile.mutate({ config: FILE });
    api.published.length = 0;
  });

  it('[CTL-4] an empty list of each kind deletes everything, in an order that holds', async () => {
    const dry = await prune(NOTHING, true);
    expect(api.published).toEqual([]);
    expect((await api.client.keys.list.query()).items).toHaveLength(2);
    const { plan } = await prune(NOTHING);
    expect(plan).toEqual(dry.plan);
    expect(lines(plan)).toEqual([
      'delete rpm_override u@example.com/a',
      'delete key u@example.com/k1',
      'delete key u@example.com/k2',
      'delete account up',
      'delete user u@example.com',
      'delete user v@example.com',
      'delete group a',
      'delete group b',
    ]);
    const scopes = new Set(api.published.map(({ scope }) => scope));
    expect(scopes).toEqual(new Set(['user', 'key', 'account', 'group']));
    expect(lines((await prune(NOTHING)).plan)).toEqual([]);
  });

  it('[CTL-4] deletes only of kinds whose list is in the file; an empty heading is no list', async () => {
    expect(lines((await prune('users:\ngroups:\n')).plan)).toEqual([]);
    const keys = 'keys: [{ user: u@example.com, name: k1, groups: [a] }]';
    expect(lines((await prune(keys)).plan)).toEqual(['delete key u@example.com/k2']);
    expect((await api.client.users.list.query()).items).toHaveLength(2);
  });

  it('[CTL-4] without --prune nothing is deleted', async () => {
    const { plan } = await api.client.config.applyFile.mutate({ config: NOTHING });
    expect(plan).toEqual([]);
    expect((await api.client.keys.list.query()).items).toHaveLength(2);
  });

  it.each([
    ['groups: []', 'group a is still used by 1 key(s) and 1 account(s)'],
    ['accounts: []', 'group a routes * to account up'],
    ['users: [{ email: v@example.com }]', 'user u@example.com still has 2 key(s)'],
  ])('[CTL-4] %s: refused, also in a dry run, while something else needs it', async (file, message) => {
    await expect(prune(file, true)).rejects.toThrow(message);
    await expect(prune(file)).rejects.toThrow(message);
    expect((await api.client.keys.list.query()).items).toHaveLength(2);
    expect(api.published).toEqual([]);
  });

  it('[MON-5] never deletes a user with money history, and names each of them', async () => {
    for (const email of ['u@example.com', 'v@example.com']) {
      await api.client.balances.adjust.mutate({ email, kind: 'top-up', amount: '2.50' });
    }
    const history = (email: string) =>
      `users: user ${email} has money history (balance 2.5 USD) and is not deleted`;
    const fault: unknown = await prune(NOTHING).catch((error: unknown) => error);
    expect(String(fault)).toContain(history('u@example.com'));
    expect(String(fault)).toContain(history('v@example.com'));
    expect((await api.client.keys.list.query()).items).toHaveLength(2);
  });

  it('[CTL-4] a wrong file deletes nothing', async () => {
    await expect(prune(`${NOTHING}\nkees: []`)).rejects.toThrow('kees: unknown field');
    expect((await api.client.groups.list.query()).items).toHaveLength(2);
  });
});
