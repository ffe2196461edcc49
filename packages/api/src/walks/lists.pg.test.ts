import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { seedEverything } from './seed-everything.ts';

const COUNT = 7;
let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  await seedEverything(api, COUNT);
});
afterAll(() => api.stop());

interface ListInput {
  limit?: number;
  cursor?: string | null;
  order?: 'oldest' | 'newest';
  search?: string;
}
interface Page {
  items: { id: string }[];
  nextCursor: string | null;
}

const LISTS: [string, number, (input: ListInput) => Promise<Page>][] = [
  ['users', COUNT, (input) => api.client.users.list.query(input)],
  ['groups', COUNT * 2, (input) => api.client.groups.list.query(input)],
  ['keys', COUNT, (input) => api.client.keys.list.query(input)],
  ['accounts', COUNT, (input) => api.client.accounts.list.query(input)],
];

async function readAll(list: (input: ListInput) => Promise<Page>, input: ListInput): Promise<string[]> {
  const ids: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Page = await list({ ...input, limit: 2, cursor });
    ids.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  return ids;
}

describe.each(LISTS)('%s.list', (_name, count, list) => {
  it('[CTL-3] pages both ways, each row once', async () => {
    const oldest = await readAll(list, {});
    expect(new Set(oldest).size).toBe(count);
    expect(oldest).toEqual(oldest.toSorted());
    expect(await readAll(list, { order: 'newest' })).toEqual(oldest.toReversed());
  });

  it('[CTL-3] finds by a part of the name, where % and _ are letters', async () => {
    expect(await readAll(list, { search: '3' })).toHaveLength(count / COUNT);
    for (const search of ['%', '_', '\\', "'"]) expect(await readAll(list, { search })).toEqual([]);
  });
});

it('[CTL-3] search takes no notice of letter case, and accounts are found by kind', async () => {
  expect((await api.client.accounts.list.query({ search: 'ACCOUNT 3' })).items).toHaveLength(1);
  const { items } = await api.client.accounts.list.query({ kind: 'api-key' });
  expect(items.map(({ kind }) => kind)).toEqual(['api-key', 'api-key', 'api-key']);
});

it('[CTL-3] usage is found by account, group, key and time', async () => {
  const { items } = await api.client.usage.list.query();
  const [key] = (await api.client.keys.list.query({ search: 'key 3' })).items;
  const [account] = (await api.client.accounts.list.query({ search: 'account 3' })).items;
  const [group] = (await api.client.groups.list.query({ search: 'group 3' })).items;
  for (const filter of [{ keyId: key?.id }, { accountId: account?.id }, { groupId: group?.id }]) {
    const found = await api.client.usage.list.query(filter);
    expect(found.items.map(({ key: name }) => name)).toEqual(['key 3']);
  }
  const [from, to] = [items[3]?.at, items[0]?.at];
  expect((await api.client.usage.list.query({ from, to })).items).toEqual(items.slice(1, 4));
});

it('[CTL-3] usage is exported page by page into one CSV file', async () => {
  let csv = '';
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.client.usage.export.query>> =
      await api.client.usage.export.query({ limit: 3, cursor });
    csv += page.csv;
    cursor = page.nextCursor;
  } while (cursor !== null);
  const lines = csv
    .trimEnd()
    .split('\r\n')
    .map((line) => line.split(','));
  const { items } = await api.client.usage.list.query();
  expect(lines[0]).toEqual(Object.keys(items[0] ?? {}));
  expect(lines.slice(1).map(([requestId]) => requestId)).toEqual(items.map((row) => row.request_id));
  expect(lines.every(({ length }) => length === lines[0]?.length)).toBe(true);
});
