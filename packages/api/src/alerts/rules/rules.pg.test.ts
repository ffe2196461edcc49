import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const RULE = { metric: 'errors', comparison: 'above', threshold: 5 } as const;
let api: TestApi;
let groupId: string;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  groupId = (await api.client.groups.create.mutate({ name: 'main', platform: 'anthropic' })).id;
});
afterAll(() => api.stop());
beforeEach(
  () =>
    api.db
      .sql`truncate alert_channels, alert_rules, alert_rule_states, alert_events, alert_deliveries, audit cascade`,
);

type Create = Parameters<typeof api.client.alertRules.create.mutate>[0];
const add = (name: string, more: Partial<Create> = {}) =>
  api.client.alertRules.create.mutate({ name, ...RULE, ...more });
const addMail = (name: string) =>
  api.client.alertChannels.create.mutate({ name, kind: 'email', recipients: ['a@example.com'] });
const listNames = async () => {
  const { items } = await api.client.alertRules.list.query();
  expect(items.map(({ position }) => position)).toEqual(items.map((_, index) => index + 1));
  return items.map(({ name }) => name);
};
const readActions = async () => (await api.readAudit()).map(({ action }) => action);

describe('alert rules', () => {
  it('[CTL-3] [OPS-5] are made with defaults, found, changed and deleted', async () => {
    const made = await add('many errors');
    expect(made).toMatchObject({
      position: 1,
      ...RULE,
      filter: {},
      windowMinutes: 5,
      forMinutes: 0,
      severity: 'warning',
      coolDownMinutes: 60,
      channelId: null,
      fallbackChannelId: null,
      isEnabled: true,
      state: null,
      isSilenced: false,
    });
    expect(await api.client.alertRules.get.query({ name: 'many errors' })).toEqual(made);
    const filter = { group: [groupId] };
    const patch = { threshold: 0.25, metric: 'error_ratio' as const, filter };
    const changed = await api.client.alertRules.update.mutate({ id: made.id, ...patch });
    expect(changed).toMatchObject({ name: 'many errors', ...patch });
    await api.client.alertRules.delete.mutate({ id: made.id });
    await expect(api.client.alertRules.get.query({ id: made.id })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
    expect(await readActions()).toEqual(['alert-rule.create', 'alert-rule.update', 'alert-rule.delete']);
  });

  it('[CTL-1] a change of nothing is none; a filter has one form', async () => {
    const made = await add('x', { filter: { model: ['b', 'a', 'b'], group: [groupId] }, threshold: 0.1 });
    expect(made.filter).toEqual({ model: ['a', 'b'], group: [groupId] });
    const same = { id: made.id, filter: { group: [groupId, groupId], model: ['a', 'b'] }, threshold: 0.1 };
    expect(await api.client.alertRules.update.mutate(same)).toEqual(made);
    expect(await readActions()).toEqual(['alert-rule.create']);
  });

  it.each([0, 0.000001, 1e-12, 0.1, 12345.678901, 999_999_999_999.5, 1e12])(
    '[OPS-5] a threshold of %d comes back as it went in',
    async (threshold) => {
      const made = await add('x', { threshold });
      expect(made.threshold).toBe(threshold);
      await api.client.alertRules.update.mutate({ id: made.id, threshold });
      expect(await readActions()).toEqual(['alert-rule.create']);
    },
  );

  it.each([
    [
      { filter: { account: ['acc_1'] } },
      'filter.account: errors cannot be narrowed by account: it can by platform',
    ],
    [
      { metric: 'nodes_silent', filter: { model: ['a'] } },
      'nodes_silent cannot be narrowed by model: it cannot be',
    ],
    [{ metric: 'cost_usd', filter: { status_class: ['5xx'] } }, 'filter.status_class'],
    [{ metric: 'error_ratio', threshold: 1.5 }, 'threshold: error_ratio is a ratio'],
    [{ comparison: 'below', threshold: 0 }, 'threshold: no figure is below 0'],
    [{ metric: 'weather' }, 'metric'],
    [{ threshold: -1 }, 'threshold'],
    [{ threshold: 1e-13 }, 'threshold: at most 12 decimals'],
    [{ threshold: '5' }, 'threshold'],
    [{ filter: { group: [] } }, 'filter.group: names nothing'],
    [{ filter: { group: ['grp_none'] } }, 'filter.group: no such group: grp_none'],
    [{ metric: 'tokens', filter: { account: ['acc_none'], key: ['key_none'] } }, 'no such account: acc_none'],
    [{ filter: { colour: ['red'] } }, 'filter.colour: unknown field'],
    [{ filter: { status_class: ['2xx'] } }, 'filter.status_class[0]'],
    [{ filter: { model: ['a\u0000b'] } }, 'filter.model[0]'],
    [{ windowMinutes: 0 }, 'windowMinutes'],
    [{ windowMinutes: 1441 }, 'windowMinutes'],
    [{ forMinutes: 1441 }, 'forMinutes'],
    [{ coolDownMinutes: 10_081 }, 'coolDownMinutes'],
    [{ severity: 'loud' }, 'severity'],
    [{ channelId: 'alc_none' }, 'channelId: no such alert channel: alc_none'],
    [{ fallbackChannelId: 'alc_none' }, 'fallbackChannelId: there is no channel'],
    [{ channelId: 'alc_a', fallbackChannelId: 'alc_a' }, 'fallbackChannelId: is the channel itself'],
    [{ name: '' }, 'name'],
  ] as [object, string][])('[OPS-5] %j is refused: %s', async (more, message) => {
    await expect(add('x', more as Partial<Create>)).rejects.toThrow(message);
    const { id } = await add('y');
    await expect(api.client.alertRules.update.mutate({ id, ...more })).rejects.toThrow(message);
    expect(await readActions()).toEqual(['alert-rule.create']);
  });

  it('[OPS-5] a patch is judged with what the rule is already', async () => {
    const { id } = await add('x', { filter: { status_class: ['5xx'] } });
    await expect(api.client.alertRules.update.mutate({ id, metric: 'cost_usd' })).rejects.toThrow(
      'filter.status_class',
    );
    await api.client.alertRules.update.mutate({ id, metric: 'cost_usd', filter: {} });
    const [a, b] = [await addMail('a'), await addMail('b')];
    const both = { id, channelId: a.id, fallbackChannelId: b.id };
    await api.client.alertRules.update.mutate(both);
    await expect(api.client.alertRules.update.mutate({ id, channelId: null })).rejects.toThrow(
      'fallbackChannelId',
    );
    await expect(api.client.alertRules.update.mutate({ id, channelId: b.id })).rejects.toThrow(
      'fallbackChannelId',
    );
  });

  it('[OPS-5] a rule about something that is gone can still be changed, and a new one cannot be about it', async () => {
    const group = await api.client.groups.create.mutate({ name: 'short', platform: 'openai' });
    const { id } = await add('x', { filter: { group: [group.id] } });
    await api.client.groups.delete.mutate({ id: group.id });
    expect((await api.client.alertRules.update.mutate({ id, threshold: 6 })).threshold).toBe(6);
    await expect(add('y', { filter: { group: [group.id] } })).rejects.toThrow('no such group');
  });

  it('[CTL-3] a name is taken once', async () => {
    await add('x');
    await expect(add('x')).rejects.toThrow('name: is taken already');
  });

  it('[OPS-5] more than a thousand are refused', async () => {
    await api.db.sql`insert into alert_rules (id, name, position, metric, comparison, threshold)
      select 'alr_' || n, 'rule ' || n, n, 'errors', 'above', 1 from generate_series(1, 1000) n`;
    await expect(add('x')).rejects.toThrow('there are 1000 alert rules already');
  });
});

describe('the order of rules', () => {
  it.each([
    ['c', 1, 'c a b d'],
    ['a', 3, 'b c a d'],
    ['a', 99, 'b c d a'],
    ['b', 2, 'a b c d'],
  ])('[OPS-5] %s moved to %d: %s', async (name, position, order) => {
    for (const one of ['a', 'b', 'c', 'd']) await add(one);
    const { id, position: before } = await api.client.alertRules.get.query({ name });
    const moved = await api.client.alertRules.move.mutate({ id, position });
    expect((await listNames()).join(' ')).toBe(order);
    const last = (await api.readAudit()).at(-1);
    const isMove = moved.position !== before;
    expect(last?.action).toBe(isMove ? 'alert-rule.move' : 'alert-rule.create');
  });

  it('[OPS-5] has no gaps and no doubles, whoever makes, moves and deletes at once', async () => {
    const made = await Promise.all(['a', 'b', 'c', 'd', 'e', 'f'].map((name) => add(name)));
    const [first, second, ...others] = made;
    await Promise.all([
      ...others.map(({ id }, index) => api.client.alertRules.move.mutate({ id, position: index + 1 })),
      api.client.alertRules.delete.mutate({ id: first!.id }),
      api.client.alertRules.delete.mutate({ id: second!.id }),
      add('g'),
    ]);
    expect((await listNames()).toSorted()).toHaveLength(5);
  });

  it('[CTL-3] is that of the pages, each rule once', async () => {
    for (const name of ['e', 'd', 'c', 'b', 'a']) await add(name);
    const names: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.alertRules.list.query>> =
        await api.client.alertRules.list.query({ limit: 2, cursor });
      names.push(...page.items.map(({ name }) => name));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(names).toEqual(['e', 'd', 'c', 'b', 'a']);
    expect((await api.client.alertRules.list.query({ search: 'C' })).items).toHaveLength(1);
    await expect(api.client.alertRules.list.query({ cursor: 'alr_1' })).rejects.toThrow('not a cursor');
  });
});

describe('a rule that fires', () => {
  async function fire(channelId: string | null) {
    const rule = await add('fires', { channelId });
    const eventId = createId('alertEvent', Date.now());
    const firedAt = new Date('2030-01-01T00:00:00Z');
    const { id: ruleId, name: ruleName, severity } = rule;
    await api.db.insert(schema.alertEvents).values({
      ...{ id: eventId, ruleId, ruleName, severity, firedAt },
      ...{ ...RULE, threshold: '5', valueAtFire: '7.5' },
    });
    const state = { state: 'firing', since: firedAt, lastValue: '7.500000000000', eventId } as const;
    await api.db.insert(schema.alertRuleStates).values({ ruleId, ...state });
    return { rule, eventId };
  }

  const tell = (eventId: string, channelId: string) =>
    api.db.insert(schema.alertDeliveries).values({
      id: createId('alertDelivery', Date.now() - 60_000),
      eventId,
      kind: 'firing',
      channelId,
      channelName: 'mail',
    });

  it('[OPS-5] shows what is known of it', async () => {
    const { rule, eventId } = await fire(null);
    expect((await api.client.alertRules.get.query({ id: rule.id })).state).toEqual({
      state: 'firing',
      since: '2030-01-01T00:00:00.000Z',
      lastValue: 7.5,
      lastEvaluatedAt: null,
      lastNotifiedAt: null,
      eventId,
      fault: null,
    });
  });

  it('[OPS-5] is resolved when it is deleted, and who was told is told so', async () => {
    const mail = await addMail('mail');
    const { rule, eventId } = await fire(mail.id);
    await tell(eventId, mail.id);
    await api.client.alertRules.delete.mutate({ id: rule.id });
    const event = await api.client.alertEvents.get.query({ id: eventId });
    expect(event).toMatchObject({ ruleId: null, ruleName: 'fires', state: 'resolved', valueAtResolve: null });
    const told = event.deliveries.map(({ kind, channelId, state }) => [kind, channelId, state]);
    expect(told).toEqual([
      ['firing', mail.id, 'waiting'],
      ['resolved', mail.id, 'waiting'],
    ]);
  });

  it('[OPS-5] nobody hears of the end of what they have not heard of', async () => {
    const mail = await addMail('mail');
    const { rule, eventId } = await fire(mail.id);
    await api.client.alertRules.delete.mutate({ id: rule.id });
    expect(await api.client.alertEvents.get.query({ id: eventId })).toMatchObject({
      state: 'resolved',
      deliveries: [],
    });
  });

  it('[OPS-5] and one that fires while it is deleted leaves no open event behind', async () => {
    const { id } = await add('races');
    const insert = (n: number) =>
      api.db.sql`insert into alert_events
        (id, rule_id, rule_name, severity, metric, comparison, threshold, fired_at, value_at_fire)
        values (${`ale_${n}`}, ${id}, 'races', 'info', 'errors', 'above', 1, now(), 2) on conflict do nothing`;
    await Promise.allSettled([insert(1), api.client.alertRules.delete.mutate({ id }), insert(2), insert(3)]);
    const open = await api.client.alertEvents.list.query({ state: 'firing' });
    expect(open.items).toEqual([]);
  });
});

it('[OPS-5] every metric is listed with its unit and what it can be narrowed by', async () => {
  const { items } = await api.client.alertRules.listMetrics.query();
  expect(items.find(({ name }) => name === 'error_ratio')).toMatchObject({
    unit: 'ratio',
    over: 'window',
    dimensions: ['platform', 'model', 'group', 'user', 'key', 'protocol', 'status_class'],
  });
});
