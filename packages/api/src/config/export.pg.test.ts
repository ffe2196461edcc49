import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import {
  configAccountSchema,
  configGroupSchema,
  configKeySchema,
  configUserSchema,
} from './config-schema.ts';
import { resolveSecrets } from './resolve-secrets.ts';

let api: TestApi;
let other: TestApi;
beforeEach(async () => {
  [api, other] = await Promise.all([
    startTestApi(inject('postgresUrl')),
    startTestApi(inject('postgresUrl')),
  ]);
});
afterEach(() => Promise.all([api.stop(), other.stop()]));

type Exported = Record<string, Record<string, unknown>[]>;

const apply = (to: TestApi, config: string, dryRun = false) =>
  to.client.config.applyFile.mutate({ config, dryRun });
const exportText = async (from: TestApi, full = false) =>
  (await from.client.config.exportFile.query({ full })).config;
const withEnv = (text: string, env: Record<string, string>) =>
  resolveSecrets(text, {
    readEnv: (name) => (env[name] === undefined ? { missing: 'is not set' } : { secret: env[name] }),
    readFile: () => ({ missing: 'cannot be read' }),
  });

const PLAIN = `
groups: [{ name: g, platform: anthropic }]
accounts: [{ name: a, platform: anthropic, kind: api-key, credentials: { api_key: sk-upstream-secret } }]
users: [{ email: u@example.com }]
keys: [{ user: u@example.com, name: k, groups: [g], key: sk-test-0123456789abcdef }]
`;

const RICH = `
groups:
  - { name: 'no: #1', platform: anthropic, rate_multiplier: "0.5", image_prices: { 2k: "0.1" }, deadlines: { idle_ms: 5 } }
  - { name: main, platform: anthropic, type: subscription, limit_day: "3", fallback_group: 'no: #1',
      model_routing: [{ pattern: 'claude-*', accounts: [max] }] }
accounts:
  - name: max
    platform: anthropic
    kind: oauth
    credentials: { access_token: sk-access-secret, refresh_token: sk-refresh-secret }
    groups: [{ name: main, priority: 3 }, 'no: #1']
    proxy: http://ann:proxy-secret@proxy.example.com:8080
    sessions_max: 2
    pause_rules: [{ status: 529, words: [busy], minutes: 3 }]
  - { name: MAX, platform: anthropic, kind: api-key, credentials: { api_key: sk-upstream-secret }, proxy: 'http://proxy.example.com:8080' }
users:
  - { email: u@example.com, queue_max: 0, low_balance_percent: 5, notice_emails: [n@example.com] }
keys:
  - { user: u@example.com, name: 'null', groups: [main, 'no: #1'], key: sk-test-0123456789abcdef, ip_allow: [10.0.0.0/8], limit_5h: "1.5", expires_at: 2031-01-01T00:00:00Z }
rpm_overrides: [{ user: u@example.com, group: main, rpm: 0 }]
`;
const SECRETS = {
  TOLLGATE_ACCOUNT_MAX_API_KEY: 'sk-upstream-secret',
  TOLLGATE_ACCOUNT_MAX__2_ACCESS_TOKEN: 'sk-access-secret',
  TOLLGATE_ACCOUNT_MAX__2_REFRESH_TOKEN: 'sk-refresh-secret',
  TOLLGATE_ACCOUNT_MAX__2_PROXY: 'http://ann:proxy-secret@proxy.example.com:8080',
};

describe('config.exportFile', () => {
  it('[CTL-4] leaves out what has its default: the tables and the export agree on those', async () => {
    await apply(api, PLAIN);
    const { groups, accounts, users, keys, rpm_overrides } = parse(await exportText(api)) as Exported;
    expect(groups).toEqual([{ name: 'g', platform: 'anthropic' }]);
    expect(accounts).toEqual([
      {
        name: 'a',
        platform: 'anthropic',
        kind: 'api-key',
        credentials: { api_key: { env: 'TOLLGATE_ACCOUNT_A_API_KEY', optional: true } },
      },
    ]);
    expect(users).toEqual([{ email: 'u@example.com' }]);
    expect(keys).toEqual([
      {
        user: 'u@example.com',
        name: 'k',
        groups: ['g'],
        key_hash: expect.stringMatching(/^[0-9a-f]{64}$/),
        key_prefix: 'sk-test-01…',
      },
    ]);
    expect(rpm_overrides).toEqual([]);
  });

  it('[CTL-4] with --full it has every field that a file can have', async () => {
    await apply(api, PLAIN);
    const exported = parse(await exportText(api, true)) as Exported;
    const unsaid = (section: string, shape: object) =>
      Object.keys(shape).filter((field) => !(field in (exported[section]?.[0] ?? {})));
    expect(unsaid('groups', configGroupSchema.shape)).toEqual(['renamed_from']);
    expect(unsaid('accounts', configAccountSchema.shape)).toEqual(['renamed_from']);
    expect(unsaid('users', configUserSchema.shape)).toEqual(['renamed_from', 'balance']);
    expect(unsaid('keys', configKeySchema.shape)).toEqual(['renamed_from', 'key']);
    await api.client.groups.update.mutate({
      id: (await api.client.groups.get.query({ name: 'g' })).id,
      rpm: 7,
    });
    expect((await apply(api, JSON.stringify(exported), true)).plan[0]?.changes).toEqual({
      rpm: { from: 7, to: 0 },
    });
  });

  it.each([false, true])(
    '[CTL-4] applied where it comes from it changes nothing (full: %s)',
    async (full) => {
      await apply(api, RICH);
      const text = await exportText(api, full);
      const { plan } = await apply(api, text, true);
      expect(plan.map(({ action, changes }) => [action, changes])).toEqual(
        Array.from({ length: 7 }, () => ['unchanged', {}]),
      );
      expect(text).not.toMatch(/-secret|sk-test-0123456789abcdef/);
    },
  );

  it('[CTL-4] applied to an empty installation it makes the same objects, secrets and keys', async () => {
    await apply(api, RICH);
    const text = await exportText(api, true);
    await apply(other, withEnv(text, SECRETS));
    expect(await exportText(other, true)).toBe(text);
    const { plan } = await apply(other, RICH, true);
    expect(plan.map(({ action, changes }) => [action, changes])).toEqual(
      Array.from({ length: 7 }, () => ['unchanged', {}]),
    );
  });

  it('[CTL-4] a new account whose secrets are not at hand is a problem at each of their paths', async () => {
    await apply(api, RICH);
    const fault: unknown = await apply(other, await exportText(api)).catch((error: unknown) => error);
    const lack = (path: string, name: string) =>
      `${path}: environment variable TOLLGATE_ACCOUNT_${name} is not there, and a new account needs it`;
    expect(String(fault).replace('TRPCClientError: ', '').split('\n').toSorted()).toEqual(
      [
        lack('accounts[0].credentials.api_key', 'MAX_API_KEY'),
        lack('accounts[1].credentials.access_token', 'MAX__2_ACCESS_TOKEN'),
        lack('accounts[1].credentials.refresh_token', 'MAX__2_REFRESH_TOKEN'),
        lack('accounts[1].proxy', 'MAX__2_PROXY'),
      ].toSorted(),
    );
    const half = withEnv(await exportText(api), { TOLLGATE_ACCOUNT_MAX__2_ACCESS_TOKEN: 'sk-other' });
    await expect(apply(api, half)).rejects.toThrow(
      'accounts[1].credentials.refresh_token: environment variable TOLLGATE_ACCOUNT_MAX__2_REFRESH_TOKEN is not there, but other credentials are given',
    );
  });

  it('[CTL-4] still exports under another secret key, and keeps what it cannot read to itself', async () => {
    await apply(api, RICH);
    await api.db.sql`update accounts set sealed_credentials = 'broken', sealed_proxy_url = 'broken'`;
    const { accounts } = parse(await exportText(api)) as Exported;
    const refer = (name: string) => ({ env: `TOLLGATE_ACCOUNT_${name}`, optional: true });
    expect(accounts?.map(({ credentials, proxy }) => [credentials, proxy])).toEqual([
      [{ api_key: refer('MAX_API_KEY') }, refer('MAX_PROXY')],
      [{ access_token: refer('MAX__2_ACCESS_TOKEN') }, refer('MAX__2_PROXY')],
    ]);
  });

  it('[CTL-4] more than a file may have is refused, not cut', async () => {
    await api.db.sql`insert into users (id, email)
      select 'usr_' || n, 'u' || n || '@example.com' from generate_series(1, 10001) n`;
    await expect(exportText(api)).rejects.toThrow(
      'users: 10001 entries are more than a file may have (10000)',
    );
  });

  it('[CTL-4] thousands of objects go out and come back unchanged', { timeout: 120_000 }, async () => {
    await api.db.sql`insert into users (id, email)
      select 'usr_' || n, 'u' || n || '@example.com' from generate_series(1, 9000) n`;
    const { plan } = await apply(api, await exportText(api), true);
    expect(plan).toHaveLength(9_000);
    expect(plan.filter(({ action }) => action !== 'unchanged')).toEqual([]);
  });

  it('[CTL-4] while files are applied it shows one or the other, never a mixture', async () => {
    const [one, two] = [
      PLAIN,
      PLAIN.replace('name: g,', 'name: g, rpm: 5,').replace(
        'email: u@example.com',
        'email: u@example.com, rpm: 5',
      ),
    ];
    await apply(api, one ?? '');
    const applying = (async () => {
      for (let round = 0; round < 6; round += 1) {
        await apply(
          api,
          (round % 2 === 0
            ? two
            : one
                ?.replace('name: g,', 'name: g, rpm: 0,')
                .replace('email: u@example.com', 'email: u@example.com, rpm: 0')) ?? '',
        );
      }
    })();
    for (let round = 0; round < 12; round += 1) {
      const { groups, users } = parse(await exportText(api, true)) as Exported;
      expect(groups?.[0]?.['rpm']).toBe(users?.[0]?.['rpm']);
    }
    await applying;
  });

  it('[CTL-4] as JSON it has the same in it; an empty installation gives empty lists', async () => {
    const empty = {
      settings: {},
      proxies: [],
      groups: [],
      accounts: [],
      users: [],
      subscriptions: [],
      keys: [],
      rpm_overrides: [],
      alert_channels: [],
      alert_rules: [],
    };
    const { config } = await api.client.config.exportFile.query({ format: 'json' });
    expect(JSON.parse(config)).toEqual(empty);
    expect(await exportText(api)).toMatch(/^# What `tollgate export` has found/);
    await apply(api, RICH);
    const json = (await api.client.config.exportFile.query({ format: 'json' })).config;
    expect(JSON.parse(json)).toEqual(parse(await exportText(api)));
  });
});
