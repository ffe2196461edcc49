import { schema } from '@tollgate/db';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const DEFAULTS = { usageMonthsKept: null, decisionDaysKept: 14, alertDaysKept: 90 };
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());
beforeEach(() => api.db.delete(schema.settings));

const update = (input: Parameters<typeof api.client.settings.update.mutate>[0]) =>
  api.client.settings.update.mutate(input);

it('[CTL-3] what nobody has set goes by the configuration', async () => {
  expect(await api.client.settings.get.query()).toEqual({ values: DEFAULTS, defaults: DEFAULTS, set: [] });
});

it('[CTL-3] a setting holds until it is unset; null is one', async () => {
  expect(await update({ set: { usageMonthsKept: 12, decisionDaysKept: null } })).toEqual({
    values: { usageMonthsKept: 12, decisionDaysKept: null, alertDaysKept: 90 },
    defaults: DEFAULTS,
    set: ['usageMonthsKept', 'decisionDaysKept'],
  });
  expect((await update({ set: { usageMonthsKept: 6 } })).values).toEqual({
    usageMonthsKept: 6,
    decisionDaysKept: null,
    alertDaysKept: 90,
  });
  expect(await update({ unset: ['decisionDaysKept'], set: { decisionDaysKept: 3 } })).toMatchObject({
    values: { usageMonthsKept: 6, decisionDaysKept: 14 },
    set: ['usageMonthsKept'],
  });
});

it('[CTL-1] each change is in the audit, and one of nothing is none', async () => {
  const before = (await api.readAudit()).length;
  await update({});
  expect(await api.readAudit()).toHaveLength(before);
  await update({ set: { decisionDaysKept: 7 } });
  expect((await api.readAudit()).at(-1)).toMatchObject({
    action: 'settings.update',
    detail: { set: { decisionDaysKept: 7 }, unset: [] },
  });
});

it('refuses what would keep nothing, or is no setting', async () => {
  await expect(update({ set: { decisionDaysKept: 0 } })).rejects.toThrow('set.decisionDaysKept');
  await expect(update({ set: { other: 1 } as object })).rejects.toThrow('other');
});

it('what another version has stored is not taken for a value', async () => {
  await api.db.insert(schema.settings).values([
    { name: 'decisionDaysKept', value: 'for ever' },
    { name: 'newer', value: { a: 1 } },
  ]);
  expect(await api.client.settings.get.query()).toEqual({ values: DEFAULTS, defaults: DEFAULTS, set: [] });
});
