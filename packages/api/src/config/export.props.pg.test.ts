import { fingerprintCredentials, openSecret, sealSecret } from '@tollgate/db';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { resolveSecrets } from './resolve-secrets.ts';

let api: TestApi;
let other: TestApi;
beforeAll(async () => {
  [api, other] = await Promise.all([
    startTestApi(inject('postgresUrl')),
    startTestApi(inject('postgresUrl')),
  ]);
});
afterAll(() => Promise.all([api.stop(), other.stop()]));

const RUNS = 10;
const SECTIONS = ['proxies', 'groups', 'accounts', 'users', 'subscriptions', 'keys', 'rpm_overrides'];
const NOTHING = ['settings: {}', ...SECTIONS.map((section) => `${section}: []`)].join('\n');
/** Names that YAML would read as something else. */
const ODD_NAMES = [
  'null',
  'true',
  '1.0',
  '- a',
  ': b',
  '# c',
  "'",
  '"',
  '{d',
  '&e',
  '*f',
  '!g',
  '|',
  'h: i',
  '0x1',
  '名',
];

const name = fc.oneof(fc.constantFrom(...ODD_NAMES), fc.stringMatching(/^[a-zA-Z0-9_.-]{1,12}$/));
const names = (count: number) => fc.uniqueArray(name, { minLength: 1, maxLength: count });
const limit = fc.nat({ max: 1_000 });
const money = fc.integer({ min: 1, max: 1_000_000 }).map((cents) => (cents / 100).toFixed(2));
const some = <Value>(value: fc.Arbitrary<Value>) => fc.option(value, { nil: null });

const group = fc.record(
  {
    rate_multiplier: money,
    rpm: limit,
    tpm: limit,
    limit_day: some(money),
    hold_max: some(money),
    hang_up: fc.constantFrom('abort', 'drain'),
    type: fc.constantFrom('standard', 'subscription'),
    image_prices: fc.record({ '1k': some(fc.constant('0.10')) }, { requiredKeys: [] }),
    deadlines: fc.record({ idle_ms: fc.integer({ min: 1, max: 9_999 }) }, { requiredKeys: [] }),
  },
  { requiredKeys: [] },
);
/** How an account is known to its upstream. */
const access = fc.oneof(
  fc.constant({ kind: 'api-key', credentials: { api_key: 'sk-up' } }),
  fc.constant({ kind: 'setup-token', credentials: { access_token: 't' } }),
  fc
    .record(
      {
        access_token: fc.constant('a'),
        refresh_token: fc.constant('r'),
        expires_at: fc.constantFrom('2031-01-01T01:00:00+01:00', 1_956_528_000_000),
      },
      { requiredKeys: ['access_token'] },
    )
    .map((credentials) => ({ kind: 'oauth', credentials })),
);
const account = fc.record(
  {
    proxy_name: some(fc.constantFrom('plain', 'secret')),
    priority: limit,
    schedulable: fc.boolean(),
    expires_at: some(fc.constantFrom('2031-01-01T00:00:00Z', '2031-01-01T01:00:00+01:00')),
    model_mapping: fc.dictionary(fc.constantFrom('claude-*', 'x', '1'), fc.constant('y')),
    proxy: some(fc.constantFrom('http://proxy.example.com:81', 'http://u:p@proxy.example.com:81')),
    passed_statuses: some(fc.constant([418])),
    pinned_headers: fc.dictionary(fc.constantFrom('user-agent', 'originator'), fc.constant('ops: 1')),
  },
  { requiredKeys: [] },
);
const user = fc.record(
  {
    rpm: limit,
    queue_max: some(limit),
    weight: fc.integer({ min: 1, max: 9 }),
    low_balance_percent: some(fc.constant(5)),
  },
  { requiredKeys: [] },
);
const key = fc.record(
  { quota: some(money), limit_5h: some(money), ip_allow: fc.subarray(['10.0.0.0/8', '::1']), tpm: limit },
  { requiredKeys: [] },
);

const moment = fc.constantFrom(
  '2020-01-01T00:00:00Z',
  '2031-01-01T01:00:00+01:00',
  '2040-05-05T05:05:05.005Z',
);
const subscription = fc.record(
  { expires_at: moment, status: fc.constantFrom('active', 'suspended'), note: some(name) },
  { requiredKeys: ['expires_at'] },
);
const settingFields = fc.record(
  {
    usage_months_kept: some(fc.constant(3)),
    decision_days_kept: some(fc.constant(30)),
    alert_days_kept: some(fc.constant(5)),
  },
  { requiredKeys: [] },
);
const PROXIES = [
  { name: 'plain', url: 'socks5://proxy.example.com:82' },
  { name: 'secret', url: 'http://u:p@proxy.example.com:81' },
];

/** A whole file: everything refers to something that is there, no balances (those cannot be taken back). */
const file = fc
  .record({
    groups: fc.tuple(names(4), fc.array(group, { minLength: 4, maxLength: 4 })),
    accounts: fc.tuple(names(4), fc.array(account, { minLength: 4, maxLength: 4 })),
    access: fc.array(access, { minLength: 4, maxLength: 4 }),
    users: fc.array(user, { maxLength: 3 }),
    subscriptions: fc.array(subscription, { minLength: 3, maxLength: 3 }),
    settings: settingFields,
    keys: fc.tuple(names(3), fc.array(key, { minLength: 3, maxLength: 3 })),
    links: fc.array(fc.nat(), { minLength: 12, maxLength: 12 }),
    hasRoutes: fc.boolean(),
  })
  .map(buildFile);

interface Parts {
  groups: [string[], object[]];
  accounts: [string[], object[]];
  access: { kind: string; credentials: object }[];
  users: object[];
  subscriptions: object[];
  settings: object;
  keys: [string[], object[]];
  links: number[];
  hasRoutes: boolean;
}

/** A URL of its own and a named one contradict each other. */
function chooseProxy(entry: { proxy?: unknown; proxy_name?: unknown }): object {
  const { proxy_name: named, ...rest } = entry;
  return typeof entry.proxy === 'string' && typeof named === 'string' ? rest : entry;
}

function buildFile({
  groups,
  accounts,
  access: ways,
  users,
  subscriptions,
  settings,
  keys,
  links,
  hasRoutes,
}: Parts) {
  const [groupNames, accountNames] = [groups[0], accounts[0]];
  const groupAt = (index: number) => groupNames[(links[index] ?? 0) % groupNames.length] ?? '';
  const emails = users.map((_, index) => `u${index}@example.com`);
  const paid = groupNames.find((_, index) =>
    Object.entries(groups[1][index] ?? {})
      .flat()
      .includes('subscription'),
  );
  return {
    settings,
    proxies: PROXIES,
    groups: groupNames.map((one, index) => ({
      name: one,
      platform: 'anthropic',
      ...groups[1][index],
      ...(index > 0 && { fallback_group: groupNames[index - 1] }),
      ...(hasRoutes && { model_routing: [{ pattern: '*', accounts: [accountNames[0]] }] }),
    })),
    accounts: accountNames.map((one, index) => {
      const link = { name: groupAt(index), priority: (links[index] ?? 0) % 1_000 };
      const named = { name: one, platform: 'anthropic' };
      const { kind = '', credentials = {} } = ways[index] ?? {};
      const groupLinks = hasRoutes && index === 0 ? groupNames : [link];
      const fixed = { kind, credentials, groups: groupLinks };
      return Object.assign(named, fixed, chooseProxy(accounts[1][index] ?? {}));
    }),
    users: users.map((one, index) => ({ email: emails[index], ...one })),
    subscriptions: emails.flatMap((email, index) =>
      paid === undefined
        ? []
        : [{ user: email, group: paid, starts_at: '2019-01-01T00:00:00Z', ...subscriptions[index] }],
    ),
    keys: emails.flatMap((email, owner) =>
      keys[0].map((one, index) => ({
        user: email,
        name: one,
        groups: [groupAt(4 + index)],
        key: `sk-test-0123456789-${owner}-${index}`,
        ...keys[1][index],
      })),
    ),
    rpm_overrides: emails.map((email, index) => ({ user: email, group: groupAt(8 + index), rpm: index })),
  };
}

const apply = (to: TestApi, config: string, options: { dryRun?: boolean; prune?: boolean } = {}) =>
  to.client.config.applyFile.mutate({ config, ...options });

async function empty(one: TestApi): Promise<void> {
  // History: no file takes that back.
  await one.db.sql`truncate subscriptions`;
  await apply(one, NOTHING, { prune: true });
}

/** The fields that a file would change, object by object. */
async function tell(to: TestApi, config: string): Promise<string[][]> {
  const { plan } = await apply(to, config, { dryRun: true, prune: true });
  return plan.filter(({ action }) => action !== 'unchanged').map(({ changes }) => Object.keys(changes));
}

/** The account's secrets under the names that the export has for them. */
function withSecrets(text: string, config: ReturnType<typeof buildFile>): string {
  const exported = JSON.parse(text) as {
    accounts: { name: string; credentials: Record<string, string | { env: string }> }[];
  };
  const proxyUrl = 'http://u:p@proxy.example.com:81';
  const env = new Map<string, string>([['TOLLGATE_PROXY_SECRET_URL', proxyUrl]]);
  for (const { name: one, credentials } of exported.accounts) {
    const source = config.accounts.find((entry) => entry.name === one);
    const given = new Map<string, unknown>(Object.entries(source?.credentials ?? {}));
    for (const [field, reference] of Object.entries(credentials)) {
      if (typeof reference === 'string') continue;
      env.set(reference.env, String(given.get(field)));
      env.set(reference.env.replace(/_(API_KEY|ACCESS_TOKEN|REFRESH_TOKEN)$/, '_PROXY'), proxyUrl);
    }
  }
  return resolveSecrets(text, {
    readEnv: (one) => ({ secret: env.get(one) ?? '' }),
    readFile: () => ({ missing: 'is not asked for' }),
  });
}

/** What gateways and refreshers find out: of every second account, or of all. */
async function plantFindings({ db, services }: TestApi, isOfAll: boolean): Promise<void> {
  const rows = await db.sql<{ id: string; kind: string; sealed: string }[]>`
    select id, kind, sealed_credentials as sealed from accounts order by name`;
  for (const [index, { id, kind, sealed }] of rows.entries()) {
    if (!isOfAll && index % 2 === 1) continue;
    await db.sql`update accounts set status = 'error', status_reason = 'refused' where id = ${id}`;
    if (kind !== 'oauth') continue;
    const { expires_at: _end, ...tokens } = JSON.parse(openSecret(sealed, services.secretKey, id)) as Record<
      string,
      unknown
    >;
    const fresh = JSON.stringify({ ...tokens, access_token: 'a2', expires_at: '2033-01-01T00:00:00.000Z' });
    await db.sql`
      update accounts set sealed_credentials = ${sealSecret(fresh, services.secretKey, id)},
        refreshed_from = ${fingerprintCredentials(tokens, services.secretKey, id)} where id = ${id}`;
  }
}

describe('export of any configuration', () => {
  it(
    '[CTL-4] changes nothing where it comes from, and makes the same elsewhere',
    { timeout: 300_000 },
    async () => {
      await fc.assert(
        fc.asyncProperty(file, fc.boolean(), fc.boolean(), async (config, full, isOfAll) => {
          await Promise.all([empty(api), empty(other)]);
          await apply(api, JSON.stringify(config));
          const yaml = (await api.client.config.exportFile.query({ full })).config;
          expect(await tell(api, yaml)).toEqual([]);
          const json = (await api.client.config.exportFile.query({ full, format: 'json' })).config;
          await apply(other, withSecrets(json, config));
          expect((await other.client.config.exportFile.query({ full })).config).toBe(yaml);
          expect(await tell(other, JSON.stringify(config))).toEqual([]);
          await plantFindings(api, isOfAll);
          const later = (await api.client.config.exportFile.query({ full, format: 'json' })).config;
          expect(later).not.toMatch(/"status": "error"|"2033-01-01/);
          for (const text of [yaml, withSecrets(json, config), withSecrets(later, config)]) {
            const told = await tell(api, text);
            // A file that says `active` takes an error away: with --full it undoes what was changed since.
            expect(told.filter((fields) => !full || fields.join() !== 'status')).toEqual([]);
          }
          await empty(other);
          await apply(other, withSecrets(later, config));
          const states = (await other.client.accounts.list.query()).items.map(({ status }) => status);
          expect(states).not.toContain('error');
        }),
        // Shrinking applies hundreds of files: the seed is enough to look closer.
        { numRuns: RUNS, endOnFailure: true },
      );
    },
  );
});
