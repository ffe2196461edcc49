import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';

const SECRET = 'sk-planted-0123456789';
let api: TestApi;
let groupId: string;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  for (const name of ['plain', 'urgent']) {
    await api.client.groups.create.mutate({ name, platform: 'openai' });
  }
  groupId = (await api.client.groups.create.mutate({ name: 'main, "one"', platform: 'anthropic' })).id;
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.db.sql`truncate accounts, audit restart identity cascade`;
  api.published.length = 0;
});

const importCsv = (content: string, dryRun = false) =>
  api.client.accounts.importMany.mutate({ format: 'csv', content, dryRun });
const importJson = (rows: unknown, dryRun = false) =>
  api.client.accounts.importMany.mutate({ format: 'json', content: JSON.stringify(rows), dryRun });
const row = (name: string, more: object = {}) => ({
  name,
  platform: 'anthropic',
  kind: 'api-key',
  credentials: { api_key: SECRET },
  ...more,
});
/** By name: ids of one moment are in no order. */
const listAll = async () =>
  (await api.client.accounts.list.query()).items.toSorted((left, right) => (left.name < right.name ? -1 : 1));
const listNames = async () => (await listAll()).map(({ name }) => name);
const problems = (call: Promise<unknown>) =>
  call.then(
    () => [],
    (fault: { data: { problems: { path: string; message: string }[] } }) =>
      fault.data.problems.map(({ path, message }) => `${path}: ${message}`),
  );

describe('accounts.importMany', () => {
  it('[CTL-3] reads CSV with a BOM, quotes, empty lines and every kind of cell', async () => {
    const content = [
      '\uFEFFname,platform,kind,api_key,access_token,refresh_token,token_expires_at,groups,concurrency,schedulable,model_mapping,proxy,window_cost_limit',
      `"one, ""1""",anthropic,api-key,${SECRET},,,,"main, ""one""",7,no,"{""a*"":""b*""}",http://u:planted@p.example:1,`,
      '',
      `two,anthropic,oauth,,access-planted,refresh-planted,2031-01-01T00:00:00Z,,,,,,1.50`,
    ].join('\r\n');
    const { accounts } = await importCsv(content);
    expect(accounts.map(({ place, name }) => [place, name])).toEqual([
      ['line 2', 'one, "1"'],
      ['line 4', 'two'],
    ]);
    const items = await listAll();
    expect(items).toMatchObject([
      {
        concurrency: 7,
        schedulable: false,
        modelMapping: { 'a*': 'b*' },
        proxy: 'http://p.example:1',
        groups: [{ name: 'main, "one"' }],
      },
      { kind: 'oauth', windowCostLimit: '1.5', nextRefreshAt: expect.any(String) },
    ]);
    expect(items.map(({ id }) => id)).toEqual(accounts.map(({ id }) => id));
    expect((await api.readAudit()).map(({ action }) => action)).toEqual(['account.create', 'account.create']);
    expect(JSON.stringify([items, await api.readAudit(), api.logged])).not.toContain('planted');
    expect(api.published).toEqual(expect.arrayContaining([{ scope: 'group', groupId }]));
  });

  it('[CTL-3] reads JSON, and of a dry run nothing stays', async () => {
    const rows = [row('a', { groups: ['main, "one"'], priority: 1 }), row('b')];
    expect(await importJson(rows, true)).toEqual({
      dryRun: true,
      accounts: [
        { place: '[0]', id: null, name: 'a' },
        { place: '[1]', id: null, name: 'b' },
      ],
    });
    expect([await listNames(), await api.readAudit(), api.published]).toEqual([[], [], []]);
    expect((await importJson(rows)).accounts.every(({ id }) => id?.startsWith('acc_'))).toBe(true);
    expect(await listNames()).toEqual(['a', 'b']);
  });

  it('[CTL-3] a priority for a group that the row does not name is refused, and one that is none', async () => {
    const wrong = { groups: ['plain'], groupPriorities: { urgent: 1 } };
    expect(await problems(importJson([row('a', wrong)]))).toEqual([
      '[0].groupPriorities: no group of this account: urgent',
    ]);
    const header = 'name,platform,kind,api_key,groups,group_priorities';
    for (const cell of ['1', '"{""plain"":-1}"', '[]']) {
      const told = await problems(importCsv(`${header}\na,openai,api-key,${SECRET},plain,${cell}\n`));
      expect(told.join()).toContain('line 2.groupPriorities');
    }
    expect(await listNames()).toEqual([]);
  });

  it('[CTL-3] one bad row and none is created; each is told by its line, and no value is repeated', async () => {
    await importJson([row('taken')]);
    const content = [
      'name,platform,kind,api_key,groups,concurrency,base_url',
      `good,anthropic,api-key,${SECRET},,,`,
      `taken,anthropic,api-key,${SECRET},,,`,
      `lost,anthropic,api-key,${SECRET},nowhere,,`,
      `guarded,anthropic,api-key,${SECRET},,,http://planted.example`,
      `keyless,anthropic,oauth,${SECRET},,,`,
    ].join('\n');
    expect(await problems(importCsv(content))).toEqual([
      'line 3.name: is taken already',
      'line 4.groups: no such group: nowhere',
      'line 5.baseUrl: must begin with https://',
      'line 6.credentials.access_token: required for an account of kind oauth',
      'line 6.credentials.api_key: not used by an account of kind oauth',
    ]);
    expect(await listNames()).toEqual(['taken']);
  });

  it.each([
    ['', ['the file is empty']],
    ['name,platform,kind\n', ['there is no account in it']],
    [`${SECRET},x\n`, [expect.stringMatching(/^line 1: column 1 is none of name, platform/u)]],
    ['name,name\n', ['line 1: column 2 is there twice']],
    ['name,kind\n"a,b\n', ['line 2: a quote that never ends, or stands where none may']],
    [
      'name,kind\na\n',
      ['line 2: 1 fields, the first line has 2', expect.any(String), expect.any(String), expect.any(String)],
    ],
    [
      `name,platform,kind,api_key,concurrency,schedulable,model_mapping\na,anthropic,api-key,${SECRET},many,maybe,{\n`,
      [
        'line 2.concurrency: cannot be read',
        'line 2.schedulable: cannot be read',
        'line 2.model_mapping: cannot be read',
      ],
    ],
    [
      `name,platform,kind,api_key\na,anthropic,api-key,x\na,anthropic,api-key,y\n`,
      ['line 3.name: is the name of line 2 too'],
    ],
    [
      'name,platform,kind,api_key\n=cmd(),nowhere,none,\u0000\n',
      [
        expect.stringContaining('line 2.platform'),
        expect.stringContaining('line 2.kind'),
        expect.stringContaining('line 2.credentials.api_key'),
      ],
    ],
  ])('[CTL-3] CSV %j is refused', async (content, told) => {
    const found = await problems(importCsv(content));
    expect(found.map((text) => text.replace(/^: /u, ''))).toEqual(told);
    expect(found.join()).not.toContain('planted');
    expect(await listNames()).toEqual([]);
  });

  it.each([
    ['not json', [': not JSON']],
    [`{"key":"${SECRET}"`, [': not JSON']],
    ['{}', [': expected a list of accounts']],
    ['[]', [': there is no account in it']],
    ['[1]', [expect.stringContaining('[0]: expected object')]],
    [JSON.stringify([row('a', { extra: 1 })]), ['[0].extra: unknown field']],
    [JSON.stringify([row('a', { groups: ['x', 'x'] })]), ['[0].groups: names a group twice']],
  ])('[CTL-3] JSON %j is refused', async (content, told) => {
    const found = await problems(api.client.accounts.importMany.mutate({ format: 'json', content }));
    expect(found).toEqual(told);
  });

  it('[CTL-3] too much is refused: rows, problems, and bytes', async () => {
    const many = Array.from({ length: 501 }, (_, index) => row(`n${index}`));
    expect(await problems(importJson(many))).toEqual([': more than 500 accounts: split the file']);
    const bad = Array.from({ length: 300 }, () => 1);
    const told = await problems(importJson(bad));
    expect([told.length, told.at(-1)]).toEqual([101, ': and 200 more']);
    expect(await problems(importCsv('x'.repeat(4_000_001)))).toEqual([
      'content: is too large: split the file',
    ]);
  });

  it('[CTL-3] of two imports of the same file at once one wins, whole', async () => {
    const rows = Array.from({ length: 5 }, (_, index) => row(`n${index}`));
    const outcomes = await Promise.allSettled([importJson(rows), importJson(rows)]);
    expect(outcomes.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    expect(await listNames()).toHaveLength(5);
  });
});

describe('accounts.export', () => {
  it('[CTL-3] [ACC-1] gives everything but secrets, page by page, in both forms', async () => {
    await importJson([
      row('=cmd()', { proxy: 'http://u:planted@p.example:1', groups: ['main, "one"'] }),
      row('b'),
      row('c'),
    ]);
    for (const format of ['csv', 'json'] as const) {
      const first = await api.client.accounts.export.query({ format, limit: 2 });
      const rest = await api.client.accounts.export.query({ format, limit: 2, cursor: first.nextCursor });
      expect([first.count, rest.count, rest.nextCursor]).toEqual([2, 1, null]);
      expect(first.content + rest.content).not.toMatch(/planted/u);
      expect(first.content + rest.content).toContain('http://p.example:1');
    }
  });

  it('[CTL-3] what was exported can be imported with the secrets filled in, and is the same', async () => {
    await importJson([
      row('=cmd()', {
        groups: ['main, "one"'],
        modelMapping: { a: 'b' },
        concurrency: 9,
        passedStatuses: [404],
      }),
      row('b'),
      row('chat only', {
        platform: 'openai',
        upstreamProtocol: 'chat',
        project: 'my-project',
        groups: ['plain', 'urgent'],
        groupPriorities: { urgent: 1 },
      }),
    ]);
    const shown = async () =>
      (await listAll()).map(({ id: _id, createdAt: _c, updatedAt: _u, ...rest }) => rest);
    const before = await shown();
    for (const format of ['csv', 'json'] as const) {
      const { content } = await api.client.accounts.export.query({ format });
      await api.db.sql`truncate accounts cascade`;
      const filled =
        format === 'csv'
          ? content.replaceAll(',api-key,,', `,api-key,${SECRET},`)
          : JSON.stringify(
              (JSON.parse(content) as object[]).map((one) =>
                Object.assign(one, { credentials: { api_key: SECRET } }),
              ),
            );
      await api.client.accounts.importMany.mutate({ format, content: filled });
      expect(await shown()).toEqual(before);
    }
  });
});

it('[CTL-3] [ACC-4] an export says what an admin wants, not what was found: no error, no end of a refreshed token', async () => {
  const end = '2031-01-01T00:00:00.000Z';
  const credentials = { access_token: 'a', refresh_token: 'r', expires_at: end };
  const given = ['given', 'refreshed'].map((name) => row(name, { kind: 'oauth', credentials }));
  await importJson([...given, row('broken'), row('off', { status: 'disabled' })]);
  await api.db.sql`update accounts set status = 'error', status_reason = 'x' where name = 'broken'`;
  await api.db.sql`update accounts set refreshed_from = 'others' where name = 'refreshed'`;
  const { content: json } = await api.client.accounts.export.query({ format: 'json' });
  const rows = JSON.parse(json) as Record<string, unknown>[];
  const shown = new Map(rows.map(({ name, status, credentials: ends }) => [name, [status, ends]]));
  expect(shown).toEqual(
    new Map([
      ['given', ['active', { expires_at: end }]],
      ['refreshed', ['active', undefined]],
      ['broken', [undefined, undefined]],
      ['off', ['disabled', undefined]],
    ]),
  );
  const { content: csv } = await api.client.accounts.export.query({ format: 'csv' });
  const filled = csv.replaceAll(',oauth,,,,', ',oauth,,a,r,').replaceAll(',api-key,,', `,api-key,${SECRET},`);
  await api.db.sql`truncate accounts cascade`;
  await api.client.accounts.importMany.mutate({ format: 'csv', content: filled });
  const states = (await listAll()).map(({ name, status, nextRefreshAt }) => [
    name,
    status,
    nextRefreshAt !== null,
  ]);
  expect(states.toSorted()).toEqual([
    ['broken', 'active', false],
    ['given', 'active', true],
    ['off', 'disabled', false],
    ['refreshed', 'active', false],
  ]);
});

describe('accounts.bulkUpdate', () => {
  it('[CTL-3] changes all of them in one transaction, and says what was so already', async () => {
    const { accounts } = await importJson([row('a'), row('b', { concurrency: 9 }), row('c')]);
    const ids = accounts.map(({ id }) => id ?? '');
    const { changed, unchanged } = await api.client.accounts.bulkUpdate.mutate({
      ids,
      patch: { concurrency: 9 },
    });
    expect([changed.toSorted(), unchanged]).toEqual([[ids[0], ids[2]].toSorted(), [ids[1]]]);
    const audit = (await api.readAudit()).filter(({ action }) => action === 'account.update');
    expect(audit.map(({ target }) => target)).toEqual(changed);
    const patch = {
      status: 'disabled' as const,
      groups: [{ id: groupId }],
      proxy: 'http://u:planted@p.example:1',
    };
    await api.client.accounts.bulkUpdate.mutate({ ids, patch });
    const { items } = await api.client.accounts.list.query();
    expect(items.map(({ status, proxy, groups }) => [status, proxy, groups.length])).toEqual(
      Array.from({ length: 3 }, () => ['disabled', 'http://p.example:1', 1]),
    );
  });

  it('[CTL-3] one that cannot be, or is not there, and none is changed', async () => {
    const { accounts } = await importJson([
      row('plain'),
      row('token', { kind: 'setup-token', credentials: { access_token: 't' } }),
    ]);
    const ids = accounts.map(({ id }) => id ?? '');
    const update = (given: string[], patch: object) =>
      problems(api.client.accounts.bulkUpdate.mutate({ ids: given, patch }));
    expect(await update(ids, { sessionsMax: 5, priority: 1 })).toEqual([
      'sessionsMax: not used by an account of kind api-key (account plain)',
    ]);
    expect(await update([...ids, 'acc_none'], { priority: 1 })).toEqual([
      'ids[2]: no such account: acc_none',
    ]);
    expect(await update(ids, {})).toEqual(['patch: says nothing to change']);
    expect(await update(ids, { name: 'x' })).toContain('patch.name: unknown field');
    expect(await update(ids, { credentials: { api_key: 'x' } })).toContain(
      'patch.credentials: unknown field',
    );
    expect(await update([ids[0] ?? '', ids[0] ?? ''], { priority: 1 })).toEqual([
      'ids: names an account twice',
    ]);
    expect(await update([], { priority: 1 })).toHaveLength(1);
    expect((await api.client.accounts.list.query()).items.map(({ priority }) => priority)).toEqual([50, 50]);
  });
});
