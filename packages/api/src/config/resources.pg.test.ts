import { schema } from '@tollgate/db';
import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { SETTING_NAMES } from '../settings/setting-schemas.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import {
  configProxySchema,
  configSettingsSchema,
  configSubscriptionSchema,
} from './config-resource-schemas.ts';
import { resolveSecrets } from './resolve-secrets.ts';
import { toSnakeCase } from './to-snake-case.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const URL_A = 'http://ann:planted-a@a.example:3128';
const URL_B = 'socks5://b.example:1080';
const apply = (config: string, options: { dryRun?: boolean; prune?: boolean } = {}) =>
  api.client.config.applyFile.mutate({ config, ...options });
const exportText = async (full = false) => (await api.client.config.exportFile.query({ full })).config;
const plan = async (config: string, options: { dryRun?: boolean; prune?: boolean } = {}) =>
  (await apply(config, options)).plan.map(({ object, name, action, changes }) => [
    `${action} ${object} ${name}`,
    changes,
  ]);
const shown = async (config: string, options: { dryRun?: boolean; prune?: boolean } = {}) =>
  (await plan(config, options)).map(([line]) => line);

const ACCOUNT = 'name: one, platform: anthropic, kind: api-key, credentials: { api_key: k }';
const readAccount = () => api.client.accounts.get.query({ name: 'one' });

describe('proxies in a file', () => {
  const FILE = `
proxies: [{ name: main, url: '${URL_A}' }, { name: spare, url: '${URL_B}' }]
accounts: [{ ${ACCOUNT}, proxy_name: main }]
`;

  it('[CTL-4] [ACC-7] are made before the accounts that go through them, and show no password', async () => {
    expect(await shown(FILE)).toEqual(['create proxy main', 'create proxy spare', 'create account one']);
    expect(await readAccount()).toMatchObject({ proxy: 'http://a.example:3128' });
    expect(await shown(FILE)).toEqual([
      'unchanged proxy main',
      'unchanged proxy spare',
      'unchanged account one',
    ]);
    expect(
      await plan(FILE.replace('planted-a', 'planted-b').replace('proxy_name: main', 'proxy_name: spare')),
    ).toEqual([
      ['update proxy main', { url: { from: '(secret)', to: '(secret)' } }],
      ['unchanged proxy spare', {}],
      ['update account one', { proxy_name: { from: 'main', to: 'spare' } }],
    ]);
    expect(await readAccount()).toMatchObject({ proxy: URL_B });
    const seen = JSON.stringify([await api.readAudit(), api.logged, await exportText()]);
    expect(seen).not.toContain('planted');
  });

  it('[ACC-7] an account that goes through one hears of its new URL, whether or not the file names it', async () => {
    await apply(FILE);
    await apply(`proxies: [{ name: main, url: 'http://c.example:1' }]`);
    expect(await readAccount()).toMatchObject({ proxy: 'http://c.example:1' });
    const own = `accounts: [{ ${ACCOUNT}, proxy: 'http://c.example:1', proxy_name: null }]`;
    expect(await shown(own)).toEqual(['update account one']);
    expect(await readAccount()).toMatchObject({ proxy: 'http://c.example:1', proxyId: null });
    expect(await shown(own)).toEqual(['unchanged account one']);
    await apply(`accounts: [{ ${ACCOUNT}, proxy: null, proxy_name: main }]`);
    await apply(`accounts: [{ ${ACCOUNT}, proxy_name: null }]`);
    expect(await readAccount()).toMatchObject({ proxy: null, proxyId: null });
    await apply(`accounts: [{ ${ACCOUNT}, proxy: '${URL_A}' }]`);
    expect(await shown(`accounts: [{ ${ACCOUNT}, proxy_name: null }]`)).toEqual(['update account one']);
    expect(await readAccount()).toMatchObject({ proxy: null });
    expect(await shown(`accounts: [{ ${ACCOUNT}, proxy_name: null }]`)).toEqual(['unchanged account one']);
  });

  it('[CTL-4] a rename keeps the URL; --prune deletes what no account needs', async () => {
    await apply(FILE);
    const renamed = `proxies: [{ name: first, renamed_from: main }]\naccounts: [{ ${ACCOUNT}, proxy_name: first }]`;
    expect(await plan(renamed, { prune: true })).toEqual([
      ['update proxy first', { name: { from: 'main', to: 'first' } }],
      ['unchanged account one', {}],
      ['delete proxy spare', {}],
    ]);
    expect(await readAccount()).toMatchObject({ proxy: 'http://a.example:3128' });
    await expect(apply('proxies: []', { prune: true })).rejects.toThrow(
      '1 account(s) go through proxy first',
    );
    expect(await shown('proxies: []\naccounts: []', { prune: true })).toEqual([
      'delete account one',
      'delete proxy first',
    ]);
  });

  it('[CTL-4] a URL with a password leaves as a reference, and comes back through it', async () => {
    await apply(FILE);
    const text = await exportText();
    expect((parse(text) as { proxies: unknown }).proxies).toEqual([
      { name: 'main', url: { env: 'TOLLGATE_PROXY_MAIN_URL', optional: true } },
      { name: 'spare', url: URL_B },
    ]);
    expect(await shown(text, { prune: true })).toEqual([
      'unchanged proxy main',
      'unchanged proxy spare',
      'unchanged account one',
    ]);
    await api.db.sql`truncate accounts, proxies cascade`;
    await expect(apply(text)).rejects.toThrow(
      'proxies[0].url: environment variable TOLLGATE_PROXY_MAIN_URL is not there, and a new proxy needs it',
    );
    const secrets = new Map([
      ['TOLLGATE_PROXY_MAIN_URL', URL_A],
      ['TOLLGATE_ACCOUNT_ONE_API_KEY', 'k'],
    ]);
    const whole = resolveSecrets(text, {
      readEnv: (name) => ({ secret: secrets.get(name) ?? '' }),
      readFile: () => ({ missing: 'cannot be read' }),
    });
    await apply(whole);
    expect(await exportText()).toBe(text);
    expect(await shown(FILE)).toEqual([
      'unchanged proxy main',
      'unchanged proxy spare',
      'unchanged account one',
    ]);
  });

  it.each([
    ['no URL', 'proxies: [{ name: a }]', 'proxies[0].url: required for a new proxy'],
    ['another scheme', 'proxies: [{ name: a, url: "ftp://x" }]', 'proxies[0].url: '],
    [
      'a name twice',
      `proxies: [{ name: a, url: '${URL_B}' }, { name: a, url: '${URL_B}' }]`,
      'a is in proxies[0] already',
    ],
    [
      'a proxy that is none',
      `accounts: [{ ${ACCOUNT}, proxy_name: x }]`,
      'accounts[0].proxy_name: no such proxy: x',
    ],
    [
      'a URL and a name',
      `proxies: [{ name: a, url: '${URL_B}' }]\naccounts: [{ ${ACCOUNT}, proxy: '${URL_B}', proxy_name: a }]`,
      'accounts[0].proxy_name: there is a URL as well',
    ],
  ])('[CTL-4] refuses %s, and changes nothing', async (_name, config, message) => {
    await expect(apply(config)).rejects.toThrow(message);
    expect((await api.client.proxies.list.query()).items).toEqual([]);
    expect(await api.readAudit()).toEqual([]);
  });
});

describe('subscriptions in a file', () => {
  const BASE =
    'groups: [{ name: pro, platform: openai, type: subscription }]\nusers: [{ email: u@example.com }]\n';
  const file = (fields: string) => `${BASE}subscriptions: [{ user: u@example.com, group: pro, ${fields} }]`;
  const END = 'expires_at: 2040-01-01T00:00:00Z';
  const NAME = 'subscription u@example.com/pro';
  const list = async () => (await api.client.subscriptions.list.query({})).items;
  const lineOf = async (config: string) => (await plan(config)).find(([line]) => String(line).endsWith(NAME));

  it('[CTL-4] [MON-9] one is made, changed in place and revoked, and the nodes hear of it', async () => {
    expect(await lineOf(file(`${END}, status: suspended, note: yearly`))).toEqual([`create ${NAME}`, {}]);
    const [made] = await list();
    expect(made).toMatchObject({ state: 'suspended', note: 'yearly', expiresAt: '2040-01-01T00:00:00.000Z' });
    expect(await lineOf(file(END))).toEqual([`unchanged ${NAME}`, {}]);
    api.published.length = 0;
    expect(await lineOf(file('expires_at: 2039-01-01T00:00:00Z, status: active, note: null'))).toEqual([
      `update ${NAME}`,
      {
        expires_at: { from: '2040-01-01T00:00:00.000Z', to: '2039-01-01T00:00:00.000Z' },
        status: { from: 'suspended', to: 'active' },
        note: { from: 'yearly', to: null },
      },
    ]);
    expect(await list()).toMatchObject([{ id: made?.id, state: 'active', note: null }]);
    expect(api.published).toEqual([{ scope: 'user', userId: made?.userId }]);
    expect(await shown(`${BASE}subscriptions: []`, { prune: true })).toContain(`delete ${NAME}`);
    expect(await list()).toMatchObject([{ id: made?.id, state: 'revoked' }]);
    // Another one may take its place.
    expect(await lineOf(file(END))).toEqual([`create ${NAME}`, {}]);
  });

  it('[MON-9] one that has expired begins anew with a later end, and with fresh windows', async () => {
    await apply(file('starts_at: 2019-01-01T00:00:00Z, expires_at: 2020-01-01T00:00:00Z, status: suspended'));
    await api.db.sql`update subscriptions set day_spent = 5, day_started_at = now()`;
    await apply(file(END));
    const [renewed] = await list();
    expect(renewed).toMatchObject({ state: 'suspended', windows: { day: { spent: '0' } } });
    expect(Date.parse(renewed?.startsAt ?? '')).toBeGreaterThan(Date.parse('2026-01-01'));
    expect(await lineOf(file(END))).toEqual([`unchanged ${NAME}`, {}]);
  });

  it.each([
    ['no end', file('status: active'), 'subscriptions[0].expires_at: required for a new subscription'],
    [
      'an end before its start',
      file(`starts_at: 2041-01-01T00:00:00Z, ${END}`),
      'subscriptions[0].expires_at: must be after',
    ],
    [
      'an end that has passed',
      file('expires_at: 2020-01-01T00:00:00Z'),
      'subscriptions[0].expires_at: must be after',
    ],
    [
      'a group of another type',
      file(END).replace(', type: subscription', ''),
      'subscriptions[0].group: group pro is paid from the balance',
    ],
    [
      'nobody',
      file(END).replace('users: [{ email: u@example.com }]', ''),
      'subscriptions[0].user: no such user',
    ],
    [
      'no such group',
      file(END).replace('group: pro', 'group: x'),
      'subscriptions[0].group: no such group: x',
    ],
    [
      'one twice',
      `${BASE}subscriptions: [${`{ user: u@example.com, group: pro, ${END} },`.repeat(2)}]`,
      'pro for u@example.com is in subscriptions[0] already',
    ],
  ])('[CTL-4] refuses %s, and changes nothing', async (_name, config, message) => {
    await expect(apply(config)).rejects.toThrow(message);
    expect((await api.client.groups.list.query()).items).toEqual([]);
  });
});

describe('settings in a file', () => {
  const read = async () => {
    const { values, set } = await api.client.settings.get.query();
    return { values, set };
  };

  it('[CTL-4] are set and changed, stay when left out, and with --prune go by the configuration again', async () => {
    expect(await plan('settings: { usage_months_kept: 6, decision_days_kept: null }')).toEqual([
      ['create setting usage_months_kept', {}],
      ['create setting decision_days_kept', {}],
    ]);
    expect(await read()).toMatchObject({ values: { usageMonthsKept: 6, decisionDaysKept: null } });
    expect(await plan('settings: { usage_months_kept: 7 }')).toEqual([
      ['update setting usage_months_kept', { value: { from: 6, to: 7 } }],
    ]);
    expect((await read()).set).toHaveLength(2);
    expect(await shown(await exportText(), { prune: true })).toEqual([
      'unchanged setting usage_months_kept',
      'unchanged setting decision_days_kept',
    ]);
    expect(await shown('settings:', { prune: true })).toEqual([]);
    expect(await shown('settings: { usage_months_kept: 7 }', { prune: true })).toEqual([
      'unchanged setting usage_months_kept',
      'delete setting decision_days_kept',
    ]);
    expect(await read()).toEqual({
      values: { usageMonthsKept: 7, decisionDaysKept: 14, alertDaysKept: 90 },
      set: ['usageMonthsKept'],
    });
    await apply('settings: {}', { prune: true, dryRun: true });
    expect((await read()).set).toEqual(['usageMonthsKept']);
  });

  it.each([
    ['a list', 'settings: []', 'settings: expected fields, not a list'],
    ['no number', 'settings: { usage_months_kept: many }', 'settings.usage_months_kept: '],
    ['what is none', 'settings: { months: 1 }', 'settings.months: unknown field'],
  ])('[CTL-4] refuses %s', async (_name, config, message) => {
    await expect(apply(config)).rejects.toThrow(message);
    expect(await api.db.select().from(schema.settings)).toEqual([]);
  });

  it('[CTL-3] a file can say every setting', () => {
    expect(Object.keys(configSettingsSchema.shape)).toEqual(SETTING_NAMES.map(toSnakeCase));
  });
});

it('[CTL-4] a full export has every field of these sections', async () => {
  await apply(`proxies: [{ name: a, url: '${URL_B}' }]
groups: [{ name: pro, platform: openai, type: subscription }]
users: [{ email: u@example.com }]
subscriptions: [{ user: u@example.com, group: pro, expires_at: 2040-01-01T00:00:00Z }]`);
  const exported = parse(await exportText(true)) as Record<string, object[]>;
  const unsaid = (section: string, shape: object) =>
    Object.keys(shape).filter((field) => !(field in (exported[section]?.[0] ?? {})));
  expect(unsaid('proxies', configProxySchema.shape)).toEqual(['renamed_from']);
  expect(unsaid('subscriptions', configSubscriptionSchema.shape)).toEqual([]);
});
