import { schema } from '@tollgate/db';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const COUNT = 5;
let api: TestApi;
const ruleIds: string[] = [];

const at = (n: number) => new Date(Date.UTC(2030, 0, 1, 0, n));

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  for (const name of ['a', 'b']) {
    const rule = { name, metric: 'cost_usd', comparison: 'above', threshold: 1 } as const;
    ruleIds.push((await api.client.alertRules.create.mutate(rule)).id);
  }
  await api.db.insert(schema.alertEvents).values(Array.from({ length: COUNT }, (_, n) => buildEvent(n)));
  const channel = { channelName: 'gone', eventId: 'ale_1' };
  await api.db.insert(schema.alertDeliveries).values([
    { ...channel, id: 'ald_1', kind: 'firing', state: 'failed', tries: 3, lastError: 'no answer' },
    { ...channel, id: 'ald_2', kind: 'firing', state: 'sent', isFallback: true, sentAt: at(2) },
  ]);
});
afterAll(() => api.stop());

/** The last one of each rule fires; the others are over. */
function buildEvent(n: number) {
  const isOpen = n >= COUNT - 2;
  return {
    id: `ale_${n}`,
    ruleId: ruleIds[n % 2]!,
    ruleName: n % 2 === 0 ? 'a' : 'b',
    severity: n % 2 === 0 ? ('info' as const) : ('critical' as const),
    metric: 'cost_usd' as const,
    filter: { model: ['m'] },
    comparison: 'above' as const,
    threshold: '1',
    firedAt: at(n),
    valueAtFire: '1.25',
    ...(isOpen ? {} : { state: 'resolved' as const, resolvedAt: at(n + 1), valueAtResolve: '0.5' }),
  };
}

type Input = Parameters<typeof api.client.alertEvents.list.query>[0];
const listIds = async (input: Input) =>
  (await api.client.alertEvents.list.query(input)).items.map(({ id }) => Number(id.slice(4)));

it('[OPS-5] are listed newest first, page by page', async () => {
  expect(await listIds({})).toEqual([4, 3, 2, 1, 0]);
  const first = await api.client.alertEvents.list.query({ limit: 2 });
  expect(await listIds({ limit: 2, cursor: first.nextCursor })).toEqual([2, 1]);
});

it.each([
  [{ state: 'firing' }, [4, 3]],
  [{ state: 'resolved' }, [2, 1, 0]],
  [{ severity: 'critical' }, [3, 1]],
  [{ severity: 'warning' }, []],
  [{ from: at(1).toISOString(), to: at(3).toISOString() }, [2, 1]],
  [{ ruleId: 'alr_none' }, []],
] as [Input, number[]][])('[OPS-5] are found by %j', async (input, ids) => {
  expect(await listIds(input)).toEqual(ids);
});

it('[OPS-5] are found by their rule', async () => {
  expect(await listIds({ ruleId: ruleIds[1]! })).toEqual([3, 1]);
});

it('[OPS-5] one shows the rule as it was, and what was sent', async () => {
  expect(await api.client.alertEvents.get.query({ id: 'ale_1' })).toMatchObject({
    ruleName: 'b',
    filter: { model: ['m'] },
    threshold: 1,
    valueAtFire: 1.25,
    valueAtResolve: 0.5,
    firedAt: at(1).toISOString(),
    resolvedAt: at(2).toISOString(),
    silenced: false,
    deliveries: [
      { id: 'ald_1', state: 'failed', tries: 3, lastError: 'no answer', isFallback: false, sentAt: null },
      { id: 'ald_2', state: 'sent', isFallback: true, sentAt: at(2).toISOString(), channelId: null },
    ],
  });
  await expect(api.client.alertEvents.get.query({ id: 'ale_none' })).rejects.toMatchObject({
    data: { httpStatus: 404 },
  });
});
