import { type Clock } from '@tollgate/core';
import { afterAll, beforeAll, beforeEach, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const NOW_MS = Date.UTC(2030, 0, 1);
const clock = { offsetMs: 0 };
const at = (minutes: number) => new Date(NOW_MS + minutes * 60_000).toISOString();
let api: TestApi;
let ruleId: string;
beforeAll(async () => {
  const fake: Clock = { nowMs: () => NOW_MS + clock.offsetMs, monotonicMs: () => clock.offsetMs };
  api = await startTestApi(inject('postgresUrl'), { clock: fake });
  const rule = { name: 'a', metric: 'errors', comparison: 'above', threshold: 1 } as const;
  ruleId = (await api.client.alertRules.create.mutate({ ...rule, filter: { model: ['m'] } })).id;
});
afterAll(() => api.stop());
beforeEach(async () => {
  clock.offsetMs = 0;
  await api.db.sql`truncate alert_silences, audit`;
});

type Create = Parameters<typeof api.client.alertSilences.create.mutate>[0];
const create = (input: Create) => api.client.alertSilences.create.mutate(input);
const end = (id: string) => api.client.alertSilences.end.mutate({ id });
const isSilenced = async () => (await api.client.alertRules.get.query({ id: ruleId })).isSilenced;
const countOf = async (state: 'planned' | 'active' | 'over') =>
  (await api.client.alertSilences.list.query({ state })).items.length;

it('[OPS-5] begins now unless it is planned, and ends by itself', async () => {
  const made = await create({ ruleId, endsAt: at(60), reason: 'works' });
  expect(made).toMatchObject({
    state: 'active',
    ruleName: 'a',
    startsAt: at(0),
    endsAt: at(60),
    filter: null,
  });
  expect(made.createdBy).toMatch(/^adm_/);
  expect(await isSilenced()).toBe(true);
  clock.offsetMs = 3_600_000;
  expect(await isSilenced()).toBe(false);
  expect((await api.client.alertSilences.list.query({ ruleId })).items).toEqual([{ ...made, state: 'over' }]);
});

it('[OPS-5] a planned one keeps nothing quiet before its time', async () => {
  const made = await create({ startsAt: '2030-01-01T02:00:00+01:00', endsAt: at(120) });
  expect(made).toMatchObject({ state: 'planned', startsAt: at(60), ruleId: null });
  expect(await isSilenced()).toBe(false);
  clock.offsetMs = 3_600_000;
  expect(await isSilenced()).toBe(true);
});

it('[OPS-5] one with a filter is about rules that look at nothing else', async () => {
  await create({ filter: { model: ['x'] }, endsAt: at(60) });
  expect(await isSilenced()).toBe(false);
  await create({ filter: { model: ['x', 'm'] }, endsAt: at(60) });
  expect(await isSilenced()).toBe(true);
});

it('[OPS-5] is ended by hand, once; one that has not begun never holds', async () => {
  const active = await create({ endsAt: at(60) });
  const planned = await create({ startsAt: at(10), endsAt: at(60) });
  expect([await countOf('active'), await countOf('planned'), await countOf('over')]).toEqual([1, 1, 0]);
  clock.offsetMs = 60_000;
  expect(await end(active.id)).toMatchObject({ state: 'over', endsAt: at(1) });
  expect(await end(planned.id)).toMatchObject({ state: 'over', endsAt: at(10), startsAt: at(10) });
  clock.offsetMs = 600_000;
  expect(await isSilenced()).toBe(false);
  expect((await end(active.id)).endsAt).toBe(at(1));
  expect([await countOf('active'), await countOf('planned'), await countOf('over')]).toEqual([0, 0, 2]);
  const actions = (await api.readAudit()).map(({ action }) => action);
  expect(actions.filter((action) => action === 'alert-silence.end')).toHaveLength(2);
});

it.each([
  [{ endsAt: at(0) }, 'endsAt: is over already'],
  [{ startsAt: at(60), endsAt: at(60) }, 'endsAt: must be after its start'],
  [{ endsAt: '2031-02-01T00:00:00Z' }, 'endsAt: is more than a year'],
  [{ endsAt: 'tomorrow' }, 'endsAt: expected e.g.'],
  [{ endsAt: at(1), ruleId: 'alr_none' }, 'no such alert rule: alr_none'],
  [{ endsAt: at(1), filter: { user: ['usr_none'] } }, 'filter.user: no such user'],
  [{ endsAt: at(1), reason: 'x'.repeat(501) }, 'reason'],
])('[OPS-5] %j is refused: %s', async (input, message) => {
  await expect(create(input as Create)).rejects.toThrow(message);
  expect(await api.readAudit()).toEqual([]);
});

it('[OPS-5] goes with its rule', async () => {
  const rule = { name: 'b', metric: 'errors', comparison: 'above', threshold: 1 } as const;
  const { id } = await api.client.alertRules.create.mutate(rule);
  const silence = await create({ ruleId: id, endsAt: at(1) });
  await api.client.alertRules.delete.mutate({ id });
  await expect(end(silence.id)).rejects.toMatchObject({ data: { httpStatus: 404 } });
});
