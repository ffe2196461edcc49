import { schema } from '@tollgate/db';
import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RouterInputs } from '../index.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const AT_MS = Date.UTC(2030, 0, 1);
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'), { clock: { ...systemClock, nowMs: () => AT_MS + 10_000 } });
  const rows = Array.from({ length: 10 }, (_, index) => ({
    // Pairs share a moment: the id must decide.
    at: new Date(AT_MS + Math.floor(index / 2) * 1_000),
    actor: index % 2 === 0 ? 'system' : 'adm_1',
    action: ['group.create', 'group.update', 'group_x.create'][index % 3] ?? '',
    target: `grp_${index % 4}`,
    detail: { index, deep: { list: [1, null, 'x'] } },
  }));
  await api.db.insert(schema.audit).values(rows);
});
afterAll(() => api.stop());

const list = async (input: RouterInputs['audit']['list'] = {}) =>
  (await api.client.audit.list.query(input)).items.map(({ detail }) => detail['index']);

describe('audit.list', () => {
  it('[CTL-3] pages newest first, each row once, also while rows are added', async () => {
    const seen: unknown[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.audit.list.query>> = await api.client.audit.list.query(
        { limit: 3, cursor },
      );
      seen.push(...page.items.map(({ detail }) => detail['index']));
      cursor = page.nextCursor;
      await api.db.insert(schema.audit).values({ actor: 'late', action: 'late', target: 'late', detail: {} });
    } while (cursor !== null);
    expect(seen).toEqual([9, 8, 7, 6, 5, 4, 3, 2, 1, 0]);
    await api.db.sql`delete from audit where actor = 'late'`;
  });

  it('[CTL-3] filters by actor, action, target and time, one or all of them', async () => {
    expect(await list({ actor: 'adm_1' })).toEqual([9, 7, 5, 3, 1]);
    expect(await list({ action: 'group.update' })).toEqual([7, 4, 1]);
    expect(await list({ action: 'group.*' })).toEqual([9, 7, 6, 4, 3, 1, 0]);
    expect(await list({ action: 'group_%' })).toEqual([]);
    expect(await list({ target: 'grp_3' })).toEqual([7, 3]);
    const [from, to] = [1_000, 3_000].map((ms) => new Date(AT_MS + ms).toISOString());
    expect(await list({ from, to })).toEqual([5, 4, 3, 2]);
    expect(await list({ from, to, actor: 'system', action: 'group.*', target: 'grp_0' })).toEqual([4]);
  });

  it('[CTL-1] shows what a change wrote, by whom, and never a secret', async () => {
    const account = await api.client.accounts.create.mutate({
      name: 'a',
      platform: 'openai',
      kind: 'api-key',
      credentials: { api_key: 'sk-planted' },
      proxy: 'http://u:planted@p.example:1',
    });
    const { items } = await api.client.audit.list.query({ target: account.id });
    expect(items).toMatchObject([
      {
        at: new Date(AT_MS + 10_000).toISOString(),
        actor: expect.stringMatching(/^adm_|^tok_|^[a-z]{3}_/u),
        action: 'account.create',
        detail: { credentials: 'set', proxy: 'http://p.example:1' },
      },
    ]);
    expect(JSON.stringify(items)).not.toContain('planted');
  });

  it('[CTL-2] is for admins, and takes no foreign cursor', async () => {
    await expect(api.connect().audit.list.query()).rejects.toMatchObject({ data: { httpStatus: 401 } });
    for (const cursor of ['x', '-1', '1e3', '9'.repeat(30), 'acc_1']) {
      await expect(api.client.audit.list.query({ cursor })).rejects.toMatchObject({
        data: { httpStatus: 400 },
      });
    }
  });
});
