import { openSecret } from '@tollgate/db';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const apply = (config: string, dryRun = false) => api.client.config.applyFile.mutate({ config, dryRun });
const actions = (plan: { object: string; action: string }[]) =>
  plan.map(({ object, action }) => `${object} ${action}`);

const FILE = `
groups:
  - { name: main, platform: anthropic, rate_multiplier: "1.0", rpm: 0, deadlines: { idle_ms: 5000 } }
accounts:
  - name: up
    platform: anthropic
    kind: api-key
    base_url: https://up.example.com/
    credentials: { api_key: sk-upstream-secret }
    groups: [main]
    expires_at: 2031-01-01T01:00:00+01:00
    model_mapping: { "claude-*": "claude-*" }
users:
  - { email: u@example.com, balance: "10.00", concurrency: 50, rpm: 0 }
keys:
  - { user: u@example.com, name: k1, groups: [main], key: sk-test-0123456789abcdef, ip_allow: [10.0.0.0/8] }
`;

async function dumpTables(): Promise<string> {
  const tables = ['groups', 'accounts', 'account_groups', 'users', 'ledger', 'keys', 'key_groups', 'audit'];
  const rows = await Promise.all(tables.map((name) => api.db.sql`select * from ${api.db.sql(name)}`));
  return JSON.stringify(rows);
}

describe('config.applyFile', () => {
  it('[CTL-4] makes everything in one go, with audit rows and invalidations', async () => {
    const { applied, plan } = await apply(FILE);
    expect(applied).toBe(true);
    expect(actions(plan)).toEqual(['group create', 'account create', 'user create', 'key create']);
    const user = await api.client.users.get.query({ email: 'u@example.com' });
    expect(user).toMatchObject({ balance: '10', concurrency: 50 });
    const { items: movements } = await api.client.balances.ledger.query({ userId: user.id });
    expect(movements).toMatchObject([{ kind: 'top-up', amount: '10', note: 'opening balance' }]);
    const { items: keys } = await api.client.keys.list.query();
    expect(keys).toMatchObject([{ name: 'k1', userEmail: 'u@example.com', groups: [{ name: 'main' }] }]);
    expect((await api.readAudit()).map(({ action }) => action)).toEqual([
      'group.create',
      'account.create',
      'user.create',
      'balance.adjust',
      'key.create',
    ]);
    expect(api.published.map(({ scope }) => scope)).toEqual(['group', 'account', 'user', 'balance', 'key']);
    const text = `${await dumpTables()}${JSON.stringify([plan, api.published, api.logged])}`;
    expect(text).not.toMatch(/sk-upstream-secret|sk-test-0123456789abcdef/);
  });

  it('[CTL-4] applied twice changes nothing at all the second time', async () => {
    await apply(FILE);
    const before = await dumpTables();
    api.published.length = 0;
    const { plan } = await apply(FILE);
    expect(plan.every(({ action, ignored }) => action === 'unchanged' && ignored.length === 0)).toBe(true);
    expect(await dumpTables()).toBe(before);
    expect(api.published).toEqual([]);
  });

  it('[CTL-4] changes only what the file says; the plan shows from and to, and no secret', async () => {
    await apply(FILE);
    await api.client.groups.update.mutate({
      id: (await api.client.groups.get.query({ name: 'main' })).id,
      unpricedModels: 'allow',
    });
    const next = FILE.replace('"1.0"', '"1.50"')
      .replace('sk-upstream-secret', 'sk-upstream-rotated')
      .replace('groups: [main]\n    expires', 'groups: []\n    expires')
      .replace('"10.00"', '"99.00"')
      .replace('sk-test-0123456789abcdef', 'sk-test-another-0123456789');
    const dry = await apply(next, true);
    const { plan } = await apply(next);
    expect(dry.plan).toEqual(plan);
    expect(plan.map(({ changes }) => changes)).toEqual([
      { rate_multiplier: { from: '1', to: '1.5' } },
      { credentials: { from: '(secret)', to: '(secret)' }, groups: { from: ['main'], to: [] } },
      {},
      { key: { from: '(secret)', to: '(secret)' } },
    ]);
    expect(plan[2]).toMatchObject({ action: 'unchanged', ignored: ['balance'] });
    expect(await api.client.users.get.query({ email: 'u@example.com' })).toMatchObject({ balance: '10' });
    expect(await api.client.groups.get.query({ name: 'main' })).toMatchObject({ unpricedModels: 'allow' });
    const [row] = await api.db.sql<{ id: string; sealed_credentials: string }[]>`select * from accounts`;
    const opened = openSecret(row?.sealed_credentials ?? '', api.services.secretKey, row?.id ?? '');
    expect(opened).toContain('sk-upstream-rotated');
    expect(JSON.stringify([plan, await api.readAudit()])).not.toMatch(/rotated|sk-test-another-0/);
  });

  it('[CTL-4] a dry run changes nothing', async () => {
    const before = await dumpTables();
    const { applied, plan } = await apply(FILE, true);
    expect(applied).toBe(false);
    expect(plan.every(({ action }) => action === 'create')).toBe(true);
    expect(await dumpTables()).toBe(before);
    expect(api.published).toEqual([]);
  });

  it('[CTL-4] with any error nothing is changed, and every error is named', async () => {
    const bad = FILE.replace('https://up.example.com/', 'http://10.0.0.1')
      .replace('groups: [main], key', 'groups: [lost], key')
      .replace('rpm: 0, deadlines', 'rmp: 0, deadlines');
    const before = await dumpTables();
    const call = apply(bad);
    await expect(call).rejects.toMatchObject({
      data: {
        code: 'BAD_REQUEST',
        problems: [
          { path: 'groups[0].rmp', message: 'unknown field' },
          { path: 'keys[0].groups[0]', message: 'no such group: lost' },
          { path: 'accounts[0].base_url', message: 'must begin with https://' },
        ],
      },
    });
    expect(await dumpTables()).toBe(before);
    expect(api.published).toEqual([]);
  });

  it('[CTL-4] a fault in the middle leaves nothing behind', async () => {
    await api.db.sql`alter table key_groups rename to key_groups_away`;
    await expect(apply(FILE)).rejects.toMatchObject({ data: { httpStatus: 500 } });
    await api.db.sql`alter table key_groups_away rename to key_groups`;
    expect((await api.client.groups.list.query()).items).toEqual([]);
    expect(await api.readAudit()).toEqual([]);
    expect(await api.readOutbox()).toEqual([]);
  });

  it('[CTL-4] two at once make everything once', async () => {
    const results = await Promise.all([apply(FILE), apply(FILE), apply(FILE)]);
    const creating = results.filter(({ plan }) => plan.every(({ action }) => action === 'create'));
    expect(creating).toHaveLength(1);
    expect(await api.client.users.get.query({ email: 'u@example.com' })).toMatchObject({ balance: '10' });
    expect(await api.readAudit()).toHaveLength(5);
  });

  it('[CTL-4] may refer to what is in the database already', async () => {
    await apply(FILE);
    const more = 'keys: [{ user: u@example.com, name: k2, groups: [main], key: sk-test-second-0123456789 }]';
    expect(actions((await apply(more)).plan)).toEqual(['key create']);
  });

  it('[CTL-4] refuses what cannot be changed or is missing for a new object', async () => {
    await apply(FILE);
    const bad = `
groups: [{ name: main, platform: openai }]
accounts:
  - { name: up, platform: openai, kind: setup-token, groups: [main] }
  - { name: new, platform: openai, kind: api-key }
keys: [{ user: u@example.com, name: other, groups: [main], key: sk-test-0123456789abcdef }]`;
    const fault: unknown = await apply(bad).catch((error: unknown) => error);
    expect(String(fault).split('\n')).toEqual([
      'TRPCClientError: groups[0].platform: group main is of platform anthropic, which cannot be changed',
      'accounts[0].platform: account up has platform anthropic, which cannot be changed',
      'accounts[0].kind: account up has kind api-key, which cannot be changed',
      'accounts[1].credentials: required for a new account',
      'keys[0].key: is taken already by another key',
    ]);
  });

  it('[CTL-4] applies hundreds of objects', async () => {
    const keys = Array.from(
      { length: 300 },
      (_, n) => `  - { user: u@example.com, name: n${n}, groups: [main], key: sk-test-many-${10_000 + n} }`,
    );
    const { plan } = await apply(`${FILE}${keys.join('\n')}\n`);
    expect(plan).toHaveLength(304);
    const again = await apply(`${FILE}${keys.join('\n')}\n`);
    expect(again.plan.every(({ action }) => action === 'unchanged')).toBe(true);
  });
});
