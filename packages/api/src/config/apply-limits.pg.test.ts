import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const apply = (config: string, dryRun = false) => api.client.config.applyFile.mutate({ config, dryRun });

/** Groups come before accounts, and the links of groups lead to later groups and to accounts. */
const FILE = `
groups:
  - name: restricted
    platform: anthropic
    tpm: 5
    client_restriction: claude-code
    fallback_group: main
    fallback_group_on_invalid_request: main
    model_routing: [{ pattern: 'claude-*', accounts: [max] }]
    queue_timeout_ms: 1000
  - { name: main, platform: anthropic }
  - { name: other, platform: openai, messages_dispatch: { families: { opus: gpt-5.1 } } }
accounts:
  - name: max
    platform: anthropic
    kind: oauth
    credentials: { access_token: sk-upstream-secret }
    groups: [restricted]
    proxy: https://ann:proxy-secret@proxy.example.com:8443/
    sessions_max: 3
    session_idle_minutes: 0.5
    window_cost_limit: "20.00"
    window_cost_reserve: "5.0"
    intercept_warm_ups: true
    passed_statuses: [418]
    pause_rules: [{ status: 529, minutes: 10 }]
    pinned_headers: { User-Agent: ops }
  - { name: chats, platform: openai, kind: api-key, credentials: { api_key: sk-upstream-secret }, upstream_protocol: chat }
users:
  - { email: u@example.com, tpm: 5, weight: 3, queue_max: 0, token_limit: 1000 }
keys:
  - { user: u@example.com, name: k, groups: [main], key: sk-test-0123456789abcdef, tpm: 7 }
rpm_overrides:
  - { user: u@example.com, group: restricted, rpm: 9 }
`;

describe('config.applyFile: limits', () => {
  it('[CTL-4] makes links to what comes later in the file, and every field', async () => {
    const { plan } = await apply(FILE);
    expect(plan.map(({ object, name }) => `${object} ${name}`)).toEqual([
      'group restricted',
      'group main',
      'group other',
      'account max',
      'account chats',
      'user u@example.com',
      'key u@example.com/k',
      'rpm_override u@example.com/restricted',
    ]);
    const main = await api.client.groups.get.query({ name: 'main' });
    const account = await api.client.accounts.get.query({ name: 'max' });
    expect(await api.client.groups.get.query({ name: 'restricted' })).toMatchObject({
      tpm: 5,
      clientRestriction: 'claude-code',
      fallbackGroupId: main.id,
      invalidRequestFallbackGroupId: main.id,
      modelRouting: [{ pattern: 'claude-*', accountIds: [account.id] }],
      queueTimeoutMs: 1_000,
    });
    expect(await api.client.groups.get.query({ name: 'other' })).toMatchObject({
      messagesDispatch: { allowed: true, defaultModel: null, families: { opus: 'gpt-5.1' } },
    });
    expect(await api.client.accounts.get.query({ name: 'chats' })).toMatchObject({
      upstreamProtocol: 'chat',
    });
    expect(account).toMatchObject({
      proxy: 'https://proxy.example.com:8443',
      sessionsMax: 3,
      sessionIdleMinutes: 0.5,
      windowCostLimit: '20',
      windowCostReserve: '5',
      interceptWarmUps: true,
      passedStatuses: [418],
      pauseRules: [{ status: 529, words: [], minutes: 10 }],
      pinnedHeaders: { 'user-agent': 'ops' },
    });
    expect(await api.client.users.get.query({ email: 'u@example.com' })).toMatchObject({
      tpm: 5,
      weight: 3,
      queueMax: 0,
      tokenLimit: 1_000,
    });
    const keys = await api.client.keys.list.query();
    expect(keys.items).toMatchObject([{ tpm: 7 }]);
    expect((await api.client.overrides.list.query()).items).toMatchObject([{ rpm: 9 }]);
    expect(JSON.stringify([plan, await api.readAudit(), api.logged])).not.toMatch(/secret|ann:/);
  });

  it('[CTL-4] applied twice changes nothing the second time', async () => {
    await apply(FILE);
    const audit = (await api.readAudit()).length;
    api.published.length = 0;
    const { plan } = await apply(FILE);
    expect(plan.filter(({ action }) => action !== 'unchanged')).toEqual([]);
    expect(api.published).toEqual([]);
    expect(await api.readAudit()).toHaveLength(audit);
  });

  it('[CTL-4] the plan shows links by name, and no secret', async () => {
    await apply(FILE);
    const next = FILE.replace('fallback_group: main', 'fallback_group: null')
      .replace("pattern: 'claude-*'", 'pattern: opus')
      .replace('proxy-secret', 'proxy-secret2')
      .replace('session_idle_minutes: 0.5', 'session_idle_minutes: 2')
      .replace('intercept_warm_ups: true', 'intercept_warm_ups: false')
      .replace('token_limit: 1000', 'token_limit: 2000')
      .replace('rpm: 9', 'rpm: 0');
    const dry = await apply(next, true);
    const { plan } = await apply(next);
    expect(dry.plan).toEqual(plan);
    const accounts = ['max'];
    expect(plan.map(({ changes }) => changes)).toEqual([
      {
        fallback_group: { from: 'main', to: null },
        model_routing: { from: [{ pattern: 'claude-*', accounts }], to: [{ pattern: 'opus', accounts }] },
      },
      {},
      {},
      {
        proxy: { from: '(secret)', to: '(secret)' },
        session_idle_minutes: { from: 0.5, to: 2 },
        intercept_warm_ups: { from: true, to: false },
      },
      {},
      { token_limit: { from: 1_000, to: 2_000 } },
      {},
      { rpm: { from: 9, to: 0 } },
    ]);
    const restricted = await api.client.groups.get.query({ name: 'restricted' });
    expect(restricted).toMatchObject({ fallbackGroupId: null, modelRouting: [{ pattern: 'opus' }] });
    expect(api.published).toContainEqual(expect.objectContaining({ scope: 'token-quota' }));
    expect(JSON.stringify([plan, await api.readAudit()])).not.toContain('proxy-secret');
  });

  it('[SEL-6] refuses a circle that two files make together', async () => {
    await apply(FILE);
    const second = 'groups: [{ name: main, platform: anthropic, fallback_group: restricted }]';
    await expect(apply(second)).rejects.toThrow(
      'groups[0].fallback_group: groups fall back in a circle: main → restricted → main',
    );
    await expect(apply(second, true)).rejects.toThrow('in a circle');
    const loosened = second.replace(
      '}]',
      '}, { name: restricted, platform: anthropic, fallback_group: null, fallback_group_on_invalid_request: null }]',
    );
    expect((await apply(loosened)).plan.map(({ action }) => action)).toEqual(['update', 'update']);
  });

  it('[SEL-1] an account may leave a group only together with its route', async () => {
    await apply(FILE);
    const leave = 'accounts: [{ name: max, platform: anthropic, kind: oauth, groups: [main] }]';
    await expect(apply(leave)).rejects.toThrow(
      'accounts[0].groups: group restricted routes claude-* to account max',
    );
    const both = `groups: [{ name: restricted, platform: anthropic, model_routing: [] }]\n${leave}`;
    expect((await apply(both)).plan.map(({ action }) => action)).toEqual(['update', 'update']);
    const route =
      'groups: [{ name: restricted, platform: anthropic, model_routing: [{ pattern: x, accounts: [max] }] }]';
    await expect(apply(route)).rejects.toThrow(
      'groups[0].model_routing[0].accounts[0]: account max is not in group restricted',
    );
  });

  it('[CTL-4] a proxy that the guard refuses is named by its path', async () => {
    const bad = FILE.replace('https://ann', 'ftp://ann');
    await expect(apply(bad)).rejects.toMatchObject({
      data: {
        problems: [{ path: 'accounts[0].proxy', message: expect.stringContaining('must begin with') }],
      },
    });
  });
});
