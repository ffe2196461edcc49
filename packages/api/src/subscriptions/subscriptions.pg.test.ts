import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const START_MS = Date.UTC(2030, 0, 1);
const DAY_MS = 86_400_000;

let api: TestApi;
let nowMs = START_MS;
let groupId: string;
let made = 0;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'), { clock: { ...systemClock, nowMs: () => nowMs } });
  const group = { name: 'pro', platform: 'anthropic', type: 'subscription', limitDay: '5.00' } as const;
  groupId = (await api.client.groups.create.mutate(group)).id;
});
afterAll(() => api.stop());
beforeEach(() => {
  nowMs = START_MS;
});

async function makeUser(): Promise<string> {
  made += 1;
  return (await api.client.users.create.mutate({ email: `s${made}@example.com` })).id;
}

const assign = (userId: string, extra = {}) =>
  api.client.subscriptions.assign.mutate({ userId, groupId, days: 30, ...extra });

describe('subscriptions.assign', () => {
  it('[MON-9] gives a user a term in a subscription group, with an audit row, and tells the nodes', async () => {
    const userId = await makeUser();
    api.published.length = 0;
    const { action, subscription } = await assign(userId, { note: 'invoice 7' });
    expect(action).toBe('created');
    expect(subscription).toMatchObject({
      userId,
      groupName: 'pro',
      state: 'active',
      startsAt: '2030-01-01T00:00:00.000Z',
      expiresAt: '2030-01-31T00:00:00.000Z',
      note: 'invoice 7',
      windows: {
        day: { limit: '5', spent: '0', startedAt: null, endsAt: null },
        week: { limit: null },
        month: { limit: null },
      },
    });
    expect(api.published).toEqual([{ scope: 'user', userId }]);
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'subscription.assign',
      target: subscription.id,
      detail: { userId, groupId },
    });
    expect(await api.client.subscriptions.get.query({ id: subscription.id })).toEqual(subscription);
  });

  it('[MON-9] a second one is a conflict that names the first, or adds its days to the end', async () => {
    const userId = await makeUser();
    const { subscription } = await assign(userId);
    nowMs += DAY_MS;
    await expect(assign(userId)).rejects.toMatchObject({
      message: expect.stringContaining(`until 2030-01-31T00:00:00.000Z (${subscription.id}): extend it`),
      data: { code: 'CONFLICT' },
    });
    const again = await assign(userId, { ifExists: 'extend' });
    expect(again).toMatchObject({
      action: 'extended',
      subscription: { id: subscription.id, expiresAt: '2030-03-02T00:00:00.000Z' },
    });
  });

  it('[MON-9] of ten that assign at once one makes it; with "extend" all ten count', async () => {
    const userId = await makeUser();
    const first = await Promise.allSettled(Array.from({ length: 10 }, () => assign(userId)));
    expect(first.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    await Promise.all(Array.from({ length: 10 }, () => assign(userId, { days: 1, ifExists: 'extend' })));
    const { items } = await api.client.subscriptions.list.query({ userId });
    expect(items.map(({ expiresAt }) => expiresAt)).toEqual(['2030-02-10T00:00:00.000Z']);
  });

  it('[MON-9] one that has expired begins anew under its id, with fresh windows', async () => {
    const userId = await makeUser();
    const { subscription } = await assign(userId);
    await api.db.sql`
      update subscriptions set month_spent = 9, month_started_at = to_timestamp(${START_MS / 1000}) where id = ${subscription.id}`;
    nowMs += 30 * DAY_MS;
    expect((await api.client.subscriptions.get.query({ id: subscription.id })).state).toBe('expired');
    api.published.length = 0;
    expect(await assign(userId)).toMatchObject({
      action: 'renewed',
      subscription: {
        id: subscription.id,
        state: 'active',
        startsAt: '2030-01-31T00:00:00.000Z',
        windows: { month: { spent: '0', startedAt: null } },
      },
    });
    // The store's figures of the old windows go too.
    expect(api.published).toEqual([
      { scope: 'user', userId },
      { scope: 'balance', userId },
    ]);
  });

  it.each([
    [
      'a standard group',
      async () => {
        const { id } = await api.client.groups.create.mutate({ name: `std${made}`, platform: 'openai' });
        return { groupId: id };
      },
      'is of type standard: it is paid from the balance',
    ],
    ['an unknown group', async () => ({ groupId: 'grp_0' }), 'groupId: no such group: grp_0'],
    ['an unknown user', async () => ({ userId: 'usr_0' }), 'userId: no such user: usr_0'],
    ['no term', async () => ({ days: undefined }), 'days: give either days or expiresAt'],
    ['two terms', async () => ({ expiresAt: '2031-01-01T00:00:00Z' }), 'days: give either'],
    [
      'an end before its start',
      async () => ({ days: undefined, expiresAt: '2029-01-01T00:00:00Z' }),
      'expiresAt: must be after',
    ],
    [
      'an age',
      async () => ({ days: undefined, expiresAt: '9999-01-01T00:00:00Z' }),
      'at most a hundred years',
    ],
    ['half a day', async () => ({ days: 0.5 }), 'days: '],
    [
      'no zone',
      async () => ({ days: undefined, expiresAt: '2031-01-01T00:00:00' }),
      'expiresAt: expected e.g.',
    ],
  ])('[MON-9] refuses %s and writes nothing', async (_name, buildExtra, message) => {
    const userId = await makeUser();
    await expect(assign(userId, await buildExtra())).rejects.toThrow(message);
    expect((await api.client.subscriptions.list.query({ userId })).items).toEqual([]);
  });
});

describe('subscriptions.bulkAssign', () => {
  const bulk = (userIds: string[], ifExists: 'conflict' | 'extend' | 'skip') =>
    api.client.subscriptions.bulkAssign.mutate({ userIds, groupId, days: 10, ifExists });

  it('[MON-9] assigns to all or to none, and names everybody who is in the way', async () => {
    const [ann, bob, cat] = [await makeUser(), await makeUser(), await makeUser()];
    await assign(bob);
    await expect(bulk([ann, bob, cat], 'conflict')).rejects.toThrow(
      `s${made - 1}@example.com has a subscription`,
    );
    await expect(bulk([ann, 'usr_0', 'usr_1'], 'skip')).rejects.toThrow(/usr_0\n.*usr_1/);
    expect((await api.client.subscriptions.list.query({ userId: ann })).items).toEqual([]);
    const { assigned } = await bulk([ann, bob, cat], 'skip');
    expect(assigned.map(({ action }) => action)).toEqual(['created', 'skipped', 'created']);
    expect(assigned.map(({ subscription }) => subscription.userId)).toEqual([ann, bob, cat]);
    const extended = await bulk([cat, ann], 'extend');
    expect(extended.assigned.map(({ subscription }) => subscription.expiresAt)).toEqual([
      '2030-01-21T00:00:00.000Z',
      '2030-01-21T00:00:00.000Z',
    ]);
    await expect(bulk([ann, ann], 'skip')).rejects.toThrow('userIds: names a user twice');
    await expect(bulk([], 'skip')).rejects.toThrow('userIds: expected a user');
  });
});

describe('a subscription', () => {
  it('[MON-9] is extended by days, or to a moment, which may be sent twice; never ends sooner', async () => {
    const { subscription } = await assign(await makeUser());
    const { id } = subscription;
    const { extend } = api.client.subscriptions;
    expect(await extend.mutate({ id, days: 1 })).toMatchObject({ expiresAt: '2030-02-01T00:00:00.000Z' });
    const expiresAt = '2030-03-01T00:00:00+01:00';
    await extend.mutate({ id, expiresAt });
    const audits = (await api.readAudit()).length;
    expect(await extend.mutate({ id, expiresAt })).toMatchObject({ expiresAt: '2030-02-28T23:00:00.000Z' });
    expect(await api.readAudit()).toHaveLength(audits);
    await expect(extend.mutate({ id, expiresAt: '2030-02-01T00:00:00Z' })).rejects.toThrow(
      'expiresAt: must be after',
    );
    nowMs = Date.UTC(2031, 0, 1);
    // What was not valid in between was not paid for.
    expect(await extend.mutate({ id, days: 2 })).toMatchObject({
      state: 'active',
      expiresAt: '2031-01-03T00:00:00.000Z',
    });
  });

  it('[MON-9] is suspended, resumed and revoked, each told to the nodes once', async () => {
    const userId = await makeUser();
    const { id } = (await assign(userId)).subscription;
    const { suspend, resume, revoke } = api.client.subscriptions;
    api.published.length = 0;
    const before = (await api.readAudit()).length;
    const states = [];
    for (const change of [suspend, suspend, resume, revoke, revoke])
      states.push((await change.mutate({ id })).state);
    expect(states).toEqual(['suspended', 'suspended', 'active', 'revoked', 'revoked']);
    expect(api.published).toEqual([1, 2, 3].map(() => ({ scope: 'user', userId })));
    expect((await api.readAudit()).slice(before).map(({ action }) => action)).toEqual([
      'subscription.suspend',
      'subscription.resume',
      'subscription.revoke',
    ]);
    await expect(resume.mutate({ id })).rejects.toThrow(`subscription ${id} was revoked`);
    await expect(api.client.subscriptions.extend.mutate({ id, days: 1 })).rejects.toMatchObject({
      data: { code: 'CONFLICT' },
    });
    expect((await assign(userId)).action).toBe('created');
  });

  it('[MON-9] expires by time alone, and shows a window that is over as not begun', async () => {
    const { id } = (await assign(await makeUser())).subscription;
    await api.db.sql`
      update subscriptions set day_spent = 1.50, day_started_at = to_timestamp(${START_MS / 1000}),
        week_spent = 2, week_started_at = to_timestamp(${START_MS / 1000}) where id = ${id}`;
    const show = async (atMs: number) => {
      nowMs = atMs;
      const { state, windows } = await api.client.subscriptions.get.query({ id });
      return [state, windows.day.spent, windows.day.endsAt, windows.week.spent];
    };
    expect(await show(START_MS + DAY_MS - 1)).toEqual(['active', '1.5', '2030-01-02T00:00:00.000Z', '2']);
    expect(await show(START_MS + DAY_MS)).toEqual(['active', '0', null, '2']);
    expect((await show(START_MS + 30 * DAY_MS - 1))[0]).toBe('active');
    expect((await show(START_MS + 30 * DAY_MS))[0]).toBe('expired');
  });

  it('[CTL-3] is listed by user, group and state, page after page', async () => {
    const { subscriptions } = api.client;
    const group = await api.client.groups.create.mutate({
      name: 'many',
      platform: 'openai',
      type: 'subscription',
    });
    const ids: string[] = [];
    for (const startsAt of ['2030-01-01T00:00:00Z', '2030-06-01T00:00:00Z', '2029-01-01T00:00:00Z']) {
      const userId = await makeUser();
      const input = { userId, groupId: group.id, startsAt, days: 30 };
      ids.push((await subscriptions.assign.mutate(input)).subscription.id);
    }
    const list = async (extra = {}) =>
      (await subscriptions.list.query({ groupId: group.id, ...extra })).items.map(({ id }) => id);
    expect(await list()).toEqual(ids.toSorted());
    expect(await list({ state: 'active' })).toEqual([ids[0]]);
    expect(await list({ state: 'pending' })).toEqual([ids[1]]);
    expect(await list({ state: 'expired' })).toEqual([ids[2]]);
    await subscriptions.suspend.mutate({ id: ids[0]! });
    await subscriptions.revoke.mutate({ id: ids[1]! });
    expect(await list({ state: 'suspended' })).toEqual([ids[0]]);
    expect(await list({ state: 'revoked' })).toEqual([ids[1]]);
    expect(await list({ state: 'active' })).toEqual([]);
    const first = await subscriptions.list.query({ groupId: group.id, limit: 2 });
    expect(await list({ cursor: first.nextCursor })).toEqual([ids.toSorted()[2]]);

    await expect(api.client.groups.delete.mutate({ id: group.id })).rejects.toThrow(
      'group many still has 1 subscription(s)',
    );
    await subscriptions.revoke.mutate({ id: ids[0]! });
    await api.client.groups.delete.mutate({ id: group.id });
    expect(await list()).toEqual([]);
  });
});
