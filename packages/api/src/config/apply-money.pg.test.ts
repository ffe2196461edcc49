import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeEach(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterEach(() => api.stop());

const apply = (config: string) => api.client.config.applyFile.mutate({ config });

const FILE = `
groups:
  - name: pro
    platform: gemini
    type: subscription
    limit_day: "5.00"
    limit_week: "0"
    limit_month: null
    hold_max: "0.50"
    hang_up: drain
    drain_ms: 1000
    drain_tokens: 10
    image_prices: { 1k: "0.0390", 4k: "0" }
users:
  - { email: u@example.com, low_balance_threshold: "2.50", notice_emails: [OPS@example.com] }
keys:
  - user: u@example.com
    name: k
    groups: [pro]
    key: sk-test-0123456789abcdef
    quota: "10.0"
    limit_5h: "1"
    limit_1d: "2"
    limit_7d: "3"
`;

describe('config.applyFile: money', () => {
  it('[MON-9] [LIM-9] [MON-11] makes every field, and the same file again changes nothing', async () => {
    await apply(FILE);
    expect(await api.client.groups.get.query({ name: 'pro' })).toMatchObject({
      type: 'subscription',
      limitDay: '5',
      limitWeek: null,
      limitMonth: null,
      holdMax: '0.5',
      hangUp: 'drain',
      drainMs: 1_000,
      drainTokens: 10,
      imagePrices: { '1k': '0.039', '2k': null, '4k': '0' },
    });
    expect(await api.client.users.get.query({ email: 'u@example.com' })).toMatchObject({
      lowBalanceThreshold: '2.5',
      lowBalancePercent: null,
      noticeEmails: ['ops@example.com'],
      totalRecharged: '0',
    });
    expect((await api.client.keys.list.query()).items).toMatchObject([
      { quota: '10', limit5h: '1', limit1d: '2', limit7d: '3' },
    ]);
    api.published.length = 0;
    expect((await apply(FILE)).plan.map(({ action }) => action)).toEqual([
      'unchanged',
      'unchanged',
      'unchanged',
    ]);
    expect(api.published).toEqual([]);
  });

  it('[CTL-4] shows the fields that change under the names that the file has', async () => {
    await apply(FILE);
    const changed = FILE.replace('"5.00"', '"6"')
      .replace('limit_5h: "1"', 'limit_5h: "0"')
      .replace('1k: "0.0390", ', '')
      .replace('low_balance_threshold: "2.50"', 'low_balance_percent: 20');
    const { plan } = await apply(changed);
    expect(plan.map(({ changes }) => changes)).toEqual([
      {
        limit_day: { from: '5', to: '6' },
        image_prices: {
          from: { '1k': '0.039', '2k': null, '4k': '0' },
          to: { '1k': null, '2k': null, '4k': '0' },
        },
      },
      {
        low_balance_threshold: { from: '2.5', to: null },
        low_balance_percent: { from: null, to: 20 },
      },
      { limit_5h: { from: '1', to: null } },
    ]);
  });

  it.each([
    ['limit_day: "5.00"', 'limit_day: 5', 'groups[0].limit_day: expected a decimal number in quotes'],
    ['hold_max: "0.50"', 'hold_max: "-1"', 'groups[0].hold_max: expected a decimal amount in USD from "0"'],
    ['hang_up: drain', 'hang_up: wait', 'groups[0].hang_up: Invalid option'],
    ['drain_ms: 1000', 'drain_ms: 3600001', 'groups[0].drain_ms: '],
    ['1k: "0.0390"', '8k: "1"', 'groups[0].image_prices.8k: unknown field'],
    ['1k: "0.0390"', '1k: "1001"', 'groups[0].image_prices.1k: expected'],
    [
      'low_balance_threshold: "2.50"',
      'low_balance_threshold: "2.50", low_balance_percent: 5',
      'users[0].low_balance_percent: give either a threshold or a percentage',
    ],
    ['[OPS@example.com]', '[a@example.com, A@example.com]', 'users[0].notice_emails: names an address twice'],
    ['limit_7d: "3"', 'limit_7d: "1e3"', 'keys[0].limit_7d: expected a decimal amount'],
  ])('[CTL-4] refuses %s → %s by its path', async (from, to, message) => {
    await expect(apply(FILE.replace(from, to))).rejects.toThrow(message);
  });
});

describe('users: low-balance notices', () => {
  it('[MON-11] a threshold takes the place of a percentage; another one arms the notice again', async () => {
    const { users } = api.client;
    const { id } = await users.create.mutate({ email: 'v@example.com', lowBalancePercent: 20 });
    await api.db.sql`update users set low_balance_notified_at = now() where id = ${id}`;
    const renamed = await users.update.mutate({ id, email: 'w@example.com', lowBalancePercent: 20 });
    expect(renamed.lowBalanceNotifiedAt).not.toBeNull();
    const changed = await users.update.mutate({ id, lowBalanceThreshold: '0' });
    expect(changed).toMatchObject({
      lowBalanceThreshold: '0',
      lowBalancePercent: null,
      lowBalanceNotifiedAt: null,
    });
    const both = users.update.mutate({ id, lowBalanceThreshold: '1', lowBalancePercent: 3 });
    await expect(both).rejects.toThrow('lowBalancePercent: give either a threshold or a percentage');
    expect(await users.update.mutate({ id, lowBalanceThreshold: null })).toMatchObject({
      lowBalanceThreshold: null,
    });
  });
});
