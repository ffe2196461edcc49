import { ALERT_METRIC_NAMES, ALERT_METRICS } from '@tollgate/core';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { resolveSecrets } from '../resolve-secrets.ts';

const RUNS = 12;
/** What filters may name; there in both installations. */
const BASE = `
groups: [{ name: main, platform: anthropic }, { name: 'a: b', platform: anthropic }]
accounts: [{ name: 'null', platform: anthropic, kind: api-key, credentials: { api_key: x } }]
users: [{ email: u@example.com }]
keys: [{ user: u@example.com, name: a/b, groups: [main], key: sk-test-0123456789abcdef }]
`;
const VALUES: Readonly<Record<string, readonly string[]>> = {
  platform: ['openai', 'gemini'],
  model: ['m', 'claude-*', '1.0'],
  account: ['null'],
  group: ['main', 'a: b'],
  user: ['u@example.com'],
  key: ['u@example.com/a/b'],
  protocol: ['chat', 'messages'],
  status_class: ['4xx', '5xx'],
};

let api: TestApi;
let other: TestApi;
beforeAll(async () => {
  [api, other] = await Promise.all([
    startTestApi(inject('postgresUrl')),
    startTestApi(inject('postgresUrl')),
  ]);
  for (const one of [api, other]) await apply(one, BASE);
});
afterAll(() => Promise.all([api.stop(), other.stop()]));

async function apply(to: TestApi, config: string, prune = false) {
  const { plan } = await to.client.config.applyFile.mutate({ config, prune });
  return plan.filter(({ action }) => action !== 'unchanged');
}
const exportText = async (from: TestApi, full: boolean) =>
  (await from.client.config.exportFile.query({ full })).config;

const name = fc.constantFrom('null', '1.0', '- a', '# c', 'plain', 'H: i', '名', '{d', 'PLAIN');
const minutes = fc.integer({ min: 1, max: 1_440 });

const channel = name.chain((one) =>
  fc.constantFrom(
    { name: one, kind: 'email', recipients: ['a@example.com', 'b@example.com'] },
    { name: one, kind: 'webhook', url: 'https://hooks.example/x?y=1', secret: 'sk-01234567', enabled: false },
    { name: one, kind: 'slack', url: 'https://hooks.example/s' },
    { name: one, kind: 'dingtalk', url: 'https://hooks.example/d' },
  ),
);

const rule = fc.constantFrom(...ALERT_METRIC_NAMES).chain((metric) => {
  const dimensions = ALERT_METRICS[metric].dimensions.map((dimension) => [
    dimension,
    fc.subarray([...(VALUES[dimension] ?? [])], { minLength: 1 }),
  ]);
  return fc.record(
    {
      name,
      metric: fc.constant(metric),
      comparison: fc.constantFrom('above', 'below'),
      threshold: fc.integer({ min: 1, max: 1_000 }).map((mille) => mille / 1_000),
      filter: fc.record(Object.fromEntries(dimensions) as Record<string, fc.Arbitrary<string[]>>, {
        requiredKeys: [],
      }),
      window_minutes: minutes,
      for_minutes: minutes,
      severity: fc.constantFrom('info', 'warning', 'critical'),
      channel: fc.boolean(),
      fallback_channel: fc.boolean(),
      enabled: fc.boolean(),
    },
    { requiredKeys: ['name', 'metric', 'comparison', 'threshold'] },
  );
});

const file = fc.record({
  channels: fc.uniqueArray(channel, { maxLength: 3, selector: (one) => one.name }),
  rules: fc.uniqueArray(rule, { maxLength: 4, selector: (one) => one.name }),
});

/** A rule uses the first channel, and falls back on the second, where they are there. */
function build({ channels, rules }: typeof file extends fc.Arbitrary<infer File> ? File : never): string {
  const [first, second] = channels.map((one) => one.name);
  const alertRules = rules.map(({ channel: hasOwn, fallback_channel: hasOther, ...one }) => {
    const own = hasOwn && first !== undefined ? { channel: first } : {};
    const fallback = 'channel' in own && hasOther && second !== undefined ? { fallback_channel: second } : {};
    return Object.assign(one, own, fallback);
  });
  return JSON.stringify({ alert_channels: channels, alert_rules: alertRules });
}

it('[CTL-4] [OPS-5] whatever alerts there are: an export changes nothing here, and makes the same elsewhere', async () => {
  await fc.assert(
    fc.asyncProperty(file, fc.boolean(), async (given, full) => {
      for (const one of [api, other]) await apply(one, 'alert_rules: []\nalert_channels: []', true);
      const config = build(given);
      expect(await apply(api, config)).toHaveLength(given.channels.length + given.rules.length);
      expect(await apply(api, config)).toEqual([]);
      const text = await exportText(api, full);
      expect(await apply(api, text)).toEqual([]);
      const readEnv = (variable: string) => ({
        secret: variable.endsWith('_URL') ? 'https://hooks.example/x' : 'sk-01234567',
      });
      const resolved = resolveSecrets(text, { readEnv, readFile: () => ({ missing: 'is none' }) });
      const { alert_channels, alert_rules } = JSON.parse(
        resolved.startsWith('{') ? resolved : '{}',
      ) as Record<string, unknown>;
      await apply(other, JSON.stringify({ alert_channels, alert_rules }));
      expect(await readAlerts(other, full)).toEqual(await readAlerts(api, full));
    }),
    { numRuns: RUNS },
  );
});

async function readAlerts(from: TestApi, full: boolean): Promise<unknown[]> {
  const { config } = await from.client.config.exportFile.query({ full, format: 'json' });
  const { alert_channels, alert_rules } = JSON.parse(config) as Record<string, unknown>;
  return [alert_channels, alert_rules];
}
