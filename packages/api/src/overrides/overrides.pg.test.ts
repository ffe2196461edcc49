import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
let groupId: string;
let other: string;
const userIds: string[] = [];

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  const { groups, users } = api.client;
  ({ id: groupId } = await groups.create.mutate({ name: 'main', platform: 'openai', rpm: 60 }));
  ({ id: other } = await groups.create.mutate({ name: 'other', platform: 'openai' }));
  for (const name of ['a', 'b', 'c']) {
    const { id } = await users.create.mutate({ email: `${name}@example.com` });
    userIds.push(id);
  }
});
afterAll(() => api.stop());

const set = (index: number, rpm: number, group = groupId) =>
  api.client.overrides.set.mutate({ userId: userIds[index] ?? '', groupId: group, rpm });

beforeEach(async () => {
  await api.db.sql`truncate rpm_overrides`;
  api.published.length = 0;
});

describe('overrides', () => {
  it('[LIM-1] sets, changes and deletes, and tells the nodes of the user', async () => {
    expect(await set(0, 0)).toMatchObject({ userEmail: 'a@example.com', groupName: 'main', rpm: 0 });
    expect(await set(0, 7)).toMatchObject({ rpm: 7 });
    await set(0, 7);
    const user = { scope: 'user', userId: userIds[0] };
    expect(api.published).toEqual([user, user]);
    const ref = { userId: userIds[0] ?? '', groupId };
    expect(await api.client.overrides.delete.mutate(ref)).toEqual({ deleted: true });
    expect(await api.client.overrides.delete.mutate(ref)).toEqual({ deleted: false });
    expect(api.published).toHaveLength(3);
    const actions = (await api.readAudit()).map(({ action, detail }) => [action, detail]).slice(-3);
    expect(actions).toEqual([
      ['override.set', { groupId, rpm: 0 }],
      ['override.set', { groupId, rpm: 7 }],
      ['override.delete', { groupId }],
    ]);
  });

  it('[LIM-3] one call clears all overrides of a group, and no other', async () => {
    await set(0, 1);
    await set(1, 2);
    await set(1, 3, other);
    api.published.length = 0;
    expect(await api.client.overrides.clearGroup.mutate({ groupId })).toEqual({ cleared: 2 });
    expect(api.published.map((one) => 'userId' in one && one.userId).toSorted()).toEqual(
      userIds.slice(0, 2).toSorted(),
    );
    const { items } = await api.client.overrides.list.query();
    expect(items).toMatchObject([{ groupId: other, rpm: 3 }]);
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'override.clear-group',
      target: groupId,
      detail: { cleared: 2 },
    });
    expect(await api.client.overrides.clearGroup.mutate({ groupId })).toEqual({ cleared: 0 });
  });

  it('[LIM-3] for very many users everything is dropped at once', async () => {
    await api.db.sql`insert into users (id, email)
      select 'usr_many' || n, n || '@many.example' from generate_series(1, 1001) n`;
    await api.db.sql`insert into rpm_overrides (user_id, group_id, rpm)
      select 'usr_many' || n, ${groupId}, 1 from generate_series(1, 1001) n`;
    expect(await api.client.overrides.clearGroup.mutate({ groupId })).toEqual({ cleared: 1001 });
    expect(api.published).toEqual([{ scope: 'all' }]);
    await api.db.sql`delete from users where id like 'usr_many%'`;
  });

  it('[CTL-3] lists page after page and by user or group', async () => {
    for (const index of [0, 1, 2]) {
      await set(index, index);
      await set(index, index, other);
    }
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.overrides.list.query>> =
        await api.client.overrides.list.query({ limit: 4, cursor });
      seen.push(...page.items.map((item) => `${item.userId} ${item.groupId}`));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(new Set(seen).size).toBe(6);
    expect(seen).toEqual(seen.toSorted());
    const mine = await api.client.overrides.list.query({ userId: userIds[1] ?? '', groupId: other });
    expect(mine.items).toMatchObject([{ rpm: 1, groupName: 'other' }]);
  });

  it.each([-1, 1.5, 1e9 + 1])('[LIM-1] refuses the limit %d', async (rpm) => {
    await expect(set(0, rpm)).rejects.toThrow('rpm: ');
  });

  it('[LIM-1] refuses a user or group that is not there', async () => {
    await expect(set(0, 1, 'grp_0')).rejects.toMatchObject({
      message: 'groupId: no such group: grp_0',
      data: { code: 'NOT_FOUND' },
    });
    const call = api.client.overrides.set.mutate({ userId: 'usr_0', groupId, rpm: 1 });
    await expect(call).rejects.toThrow('userId: no such user: usr_0');
    await expect(api.client.overrides.clearGroup.mutate({ groupId: 'grp_0' })).rejects.toThrow(
      'no such group',
    );
  });
});
