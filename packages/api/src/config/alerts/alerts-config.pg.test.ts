import { buildAlertSealContext } from '@tollgate/core';
import { openSecret, schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { parse } from 'yaml';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { resolveSecrets } from '../resolve-secrets.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const FILE = `
groups: [{ name: main, platform: anthropic }]
accounts: [{ name: a/1, platform: anthropic, kind: api-key, credentials: { api_key: x }, groups: [main] }]
users: [{ email: u@example.com }]
keys: [{ user: u@example.com, name: k/1, groups: [main], key: sk-test-0123456789abcdef }]
alert_channels:
  - { name: mail, kind: email, recipients: [ops@example.com] }
  - { name: hook, kind: webhook, url: 'https://hooks.example/x?token=planted-url', secret: planted-secret }
alert_rules:
  - name: costs
    metric: cost_usd
    comparison: above
    threshold: 0.1
    filter: { account: [a/1], group: [main], user: [U@example.com], key: [u@example.com/k/1], model: [m] }
    channel: hook
    fallback_channel: mail
  - { name: errors, metric: error_ratio, comparison: above, threshold: 0.05, severity: critical, for_minutes: 3 }
`;

const apply = (config: string, more: { dryRun?: boolean; prune?: boolean } = {}, to = api) =>
  to.client.config.applyFile.mutate({ config, ...more });
/** `create alert_rule errors` */
const tell = async (...args: Parameters<typeof apply>) => {
  const { plan } = await apply(...args);
  const changes = plan.filter(({ action }) => action !== 'unchanged');
  return changes.map(({ action, object, name }) => `${action} ${object} ${name}`);
};
const listRules = async (of = api) =>
  (await of.client.alertRules.list.query()).items.map(({ name }) => name).join(' ');
const exportText = async (of = api) => (await of.client.config.exportFile.query({})).config;

async function readUrl(): Promise<string> {
  const [row] = await api.db.select().from(schema.alertChannels).where(eq(schema.alertChannels.name, 'hook'));
  return openSecret(row!.sealedUrl!, api.services.secretKey, buildAlertSealContext(row!.id, 'url'));
}

describe('alerts in the apply file', () => {
  it('[CTL-4] [OPS-5] are made together with what they name, and the same file again changes nothing', async () => {
    const created = await tell(FILE);
    expect(created.slice(-4)).toEqual([
      'create alert_channel mail',
      'create alert_channel hook',
      'create alert_rule costs',
      'create alert_rule errors',
    ]);
    const rule = await api.client.alertRules.get.query({ name: 'costs' });
    const account = await api.client.accounts.get.query({ name: 'a/1' });
    const hook = await api.client.alertChannels.get.query({ name: 'hook' });
    expect(rule).toMatchObject({ threshold: 0.1, channelId: hook.id, position: 1, windowMinutes: 5 });
    expect(rule.filter).toMatchObject({ account: [account.id], model: ['m'] });
    expect(Object.values(rule.filter).flat()).toHaveLength(5);
    expect(await readUrl()).toBe('https://hooks.example/x?token=planted-url');
    const audit = (await api.readAudit()).length;
    expect(await tell(FILE)).toEqual([]);
    expect((await api.readAudit()).length).toBe(audit);
  });

  it('[CTL-4] a plan shows each field, and no secret', async () => {
    await apply(FILE);
    const changed = FILE.replace('planted-url', 'planted-other')
      .replace('planted-secret', 'planted-secret-2')
      .replace('threshold: 0.05', 'threshold: 0.07')
      .replace('channel: hook', 'channel: null')
      .replace('fallback_channel: mail', '')
      .replace('ops@', 'dev@');
    await expect(apply(changed)).rejects.toThrow('alert_rules[0].fallback_channel: there is no channel');
    const mended = changed.replace('channel: null', 'channel: null\n    fallback_channel: null');
    const { plan } = await apply(mended);
    const shown = plan
      .filter(({ action }) => action === 'update')
      .map(({ name, changes }) => [name, changes]);
    expect(Object.fromEntries(shown)).toEqual({
      mail: { recipients: { from: ['ops@example.com'], to: ['dev@example.com'] } },
      hook: { url: { from: '(secret)', to: '(secret)' }, secret: { from: '(secret)', to: '(secret)' } },
      costs: { channel: { from: 'hook', to: null }, fallback_channel: { from: 'mail', to: null } },
      errors: { threshold: { from: 0.05, to: 0.07 } },
    });
    expect(JSON.stringify([plan, await api.readAudit()])).not.toContain('planted');
    expect(await readUrl()).toContain('planted-other');
  });

  it('[OPS-5] rules have the order of the file, and others come after', async () => {
    await apply(FILE);
    for (const name of ['x', 'y']) {
      await api.client.alertRules.create.mutate({
        name,
        metric: 'errors',
        comparison: 'above',
        threshold: 1,
      });
    }
    const { id } = await api.client.alertRules.get.query({ name: 'x' });
    await api.client.alertRules.move.mutate({ id, position: 1 });
    expect(await listRules()).toBe('x costs errors y');
    const rule = 'metric: requests, comparison: below, threshold: 1';
    const config = `alert_rules: [{ name: new, ${rule} }, { name: errors, metric: error_ratio, comparison: above, threshold: 0.05 }]`;
    expect(await tell(config, { dryRun: true })).toEqual([
      'create alert_rule new',
      'update alert_rule errors',
    ]);
    expect(await listRules()).toBe('x costs errors y');
    await apply(config);
    expect(await listRules()).toBe('new errors x costs y');
    expect(await tell(config)).toEqual([]);
  });

  it('[CTL-4] --prune deletes what the lists do not name: rules before the channels that they use', async () => {
    await apply(FILE);
    expect(await tell('alert_rules: []\nalert_channels: []', { prune: true })).toEqual([
      'delete alert_rule costs',
      'delete alert_rule errors',
      'delete alert_channel hook',
      'delete alert_channel mail',
    ]);
    await apply(FILE);
    await expect(apply('alert_channels: []', { prune: true })).rejects.toThrow(
      'alert channel hook is used by costs',
    );
    expect(await listRules()).toBe('costs errors');
  });

  it('[CTL-4] an export changes nothing where it comes from, and makes the same elsewhere', async () => {
    await apply(FILE);
    const text = await exportText();
    expect(text).not.toContain('planted');
    const exported = parse(text) as Record<string, Record<string, unknown>[]>;
    expect(exported['alert_channels']).toEqual([
      {
        name: 'hook',
        kind: 'webhook',
        url: { env: 'TOLLGATE_ALERT_CHANNEL_HOOK_URL', optional: true },
        secret: { env: 'TOLLGATE_ALERT_CHANNEL_HOOK_SECRET', optional: true },
      },
      { name: 'mail', kind: 'email', recipients: ['ops@example.com'] },
    ]);
    expect(exported['alert_rules']?.[0]?.['filter']).toEqual({
      model: ['m'],
      account: ['a/1'],
      group: ['main'],
      user: ['u@example.com'],
      key: ['u@example.com/k/1'],
    });
    expect(await tell(text)).toEqual([]);
    const other = await startTestApi(inject('postgresUrl'));
    try {
      await expect(apply(text, {}, other)).rejects.toThrow(
        'environment variable TOLLGATE_ALERT_CHANNEL_HOOK_URL is not there, and a new alert channel needs it',
      );
      const readEnv = (name: string) => ({
        secret: name.endsWith('_URL') ? 'https://hooks.example/x' : 'sk-0123456789',
      });
      const resolved = resolveSecrets(text, { readEnv, readFile: () => ({ missing: 'is none' }) });
      await apply(resolved, {}, other);
      expect(await exportText(other)).toBe(text);
    } finally {
      await other.stop();
    }
  });

  it('[OPS-5] a filter keeps what is gone as it is', async () => {
    await apply(FILE);
    const account = await api.client.accounts.get.query({ name: 'a/1' });
    await api.client.accounts.delete.mutate({ id: account.id });
    const text = await exportText();
    expect(text).toContain(account.id);
    expect(await tell(text)).toEqual([]);
    const stays = { name: 'costs', metric: 'cost_usd', comparison: 'above', threshold: 7 };
    expect(await tell(JSON.stringify({ alert_rules: [stays] }))).toEqual(['update alert_rule costs']);
  });

  it.each([
    [
      'alert_channels: [{ name: x, kind: webhook, url: "https://h.example" }]',
      'alert_channels[0].secret: a channel of kind webhook needs it',
    ],
    [
      'alert_channels: [{ name: x, kind: slack, url: "ftp://h.example" }]',
      'alert_channels[0].url: must begin with https://',
    ],
    ['alert_channels: [{ name: x, kind: pager }]', 'alert_channels[0].kind'],
    [
      'alert_channels: [{ name: mail, kind: slack, url: "https://h.example" }]',
      'alert_channels[0].kind: cannot be changed: the channel is of kind email',
    ],
    ['alert_channels: [{ name: x, kind: slack, url: { env: X } }]', 'alert_channels[0].url: is a reference'],
    [
      'alert_channels: [{ name: x, kind: email, recipients: [a@b.example] }, { name: x, kind: email, recipients: [a@b.example] }]',
      'alert_channels[1].name: x is in alert_channels[0] already',
    ],
    [
      'alert_rules: [{ name: errors, metric: error_ratio, comparison: above, threshold: 2 }]',
      'alert_rules[0].threshold: error_ratio is a ratio',
    ],
    [
      'alert_rules: [{ name: costs, metric: nodes_silent, comparison: above, threshold: 2 }]',
      'alert_rules[0].filter.model: nodes_silent cannot be narrowed by model',
    ],
    [
      'alert_rules: [{ name: x, metric: errors, comparison: above, threshold: 2, filter: { group: [none], key: [none] } }]',
      'alert_rules[0].filter.group: no such group: none\nalert_rules[0].filter.key: no such key: none',
    ],
    [
      'alert_rules: [{ name: x, metric: errors, comparison: above, threshold: 2, channel: none }]',
      'alert_rules[0].channel: no such alert channel: none',
    ],
    [
      'alert_rules: [{ name: x, metric: errors, comparison: above, threshold: 2, colour: red }]',
      'alert_rules[0].colour: unknown field',
    ],
    [
      'alert_rules: [{ name: x, metric: errors, comparison: above, threshold: .inf }]',
      'alert_rules[0].threshold',
    ],
  ])('[CTL-4] %s is refused, and changes nothing', async (config, message) => {
    await apply(FILE);
    const audit = (await api.readAudit()).length;
    await expect(apply(config)).rejects.toThrow(message);
    expect((await api.readAudit()).length).toBe(audit);
  });
});
