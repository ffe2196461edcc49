import { buildProxySealContext } from '@tollgate/core';
import { openSecret, SealError } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const PROXY = 'socks5://ann:proxy-secret@proxy.example.com:1080';
const SHOWN = 'socks5://proxy.example.com:1080';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let names = 0;
const make = (extra: object = {}) => {
  names += 1;
  return api.client.accounts.create.mutate({
    name: `a${names}`,
    platform: 'anthropic',
    kind: 'oauth',
    credentials: { access_token: 'x' },
    ...extra,
  });
};
async function readProxy(id: string): Promise<string | null> {
  const [row] = await api.db.sql<{ sealed: string | null }[]>`
    select sealed_proxy_url as sealed from accounts where id = ${id}`;
  return row?.sealed ?? null;
}

describe('account settings', () => {
  it('[ACC-7] seals the proxy under its own context; user and password never come back', async () => {
    const account = await make({ proxy: PROXY });
    expect(account.proxy).toBe(SHOWN);
    const sealed = (await readProxy(account.id)) ?? '';
    const context = buildProxySealContext(account.id);
    expect(openSecret(sealed, api.services.secretKey, context)).toBe(PROXY);
    expect(() => openSecret(sealed, api.services.secretKey, account.id)).toThrow(SealError);
    await api.client.accounts.update.mutate({ id: account.id, proxy: PROXY.replace('secret', 'secret2') });
    const everything = JSON.stringify([
      await api.client.accounts.get.query({ id: account.id }),
      await api.client.accounts.list.query(),
      await api.readAudit(),
      await api.db.sql`select * from accounts, outbox`,
      [api.published, api.logged],
    ]);
    expect(everything).not.toMatch(/proxy-secret|ann/);
    expect((await api.readAudit()).at(-1)?.detail).toEqual({ proxy: SHOWN });
  });

  it('[ACC-7] the same proxy again is no change; null takes it away', async () => {
    const { id } = await make({ proxy: PROXY });
    const sealed = await readProxy(id);
    api.published.length = 0;
    await api.client.accounts.update.mutate({ id, proxy: `${PROXY}/` });
    expect([await readProxy(id), api.published]).toEqual([sealed, []]);
    expect(await api.client.accounts.update.mutate({ id, proxy: null })).toMatchObject({ proxy: null });
    expect(await readProxy(id)).toBeNull();
    api.published.length = 0;
    await api.client.accounts.update.mutate({ id, proxy: null });
    expect(api.published).toEqual([]);
  });

  it('[ACC-1] shows the other settings as they were given, in shortest form, and defaults', async () => {
    expect(await make()).toMatchObject({
      sessionsMax: 0,
      sessionIdleMinutes: 5,
      windowCostLimit: null,
      windowCostReserve: '10',
      interceptWarmUps: false,
      passedStatuses: null,
      pauseRules: [],
      pinnedHeaders: {},
      upstreamProtocol: null,
      proxy: null,
    });
    const given = {
      sessionsMax: 3,
      sessionIdleMinutes: 0.5,
      windowCostLimit: '12.50',
      windowCostReserve: '0',
      interceptWarmUps: true,
      passedStatuses: [404, 418],
      pauseRules: [{ status: 529, words: ['busy'], minutes: 10 }],
      pinnedHeaders: { 'User-Agent': 'ops/1 (x)' },
    };
    const shown = { ...given, windowCostLimit: '12.5', pinnedHeaders: { 'user-agent': 'ops/1 (x)' } };
    const made = await make(given);
    expect(made).toMatchObject(shown);
    const { id } = await make();
    expect(await api.client.accounts.update.mutate({ id, ...given })).toMatchObject(shown);
    api.published.length = 0;
    await api.client.accounts.update.mutate({ id, ...given });
    expect(api.published).toEqual([]);
    const bare = { windowCostLimit: null, passedStatuses: null };
    expect(await api.client.accounts.update.mutate({ id, ...bare })).toMatchObject(bare);
  });

  const header = (name: string, value: string) => ({ pinnedHeaders: { [name]: value } });
  const refused: readonly (readonly [what: string, extra: object, message: string])[] = [
    [
      'a protocol on another platform',
      { upstreamProtocol: 'chat' },
      'upstreamProtocol: not used by an account',
    ],
    ['a project of other letters', { project: 'a b' }, 'project: small letters'],
    ['an unknown protocol', { upstreamProtocol: 'gemini' }, 'upstreamProtocol: '],
    ['a proxy of another scheme', { proxy: 'ftp://x' }, 'proxy: must begin with'],
    ['a negative session limit', { sessionsMax: -1 }, 'sessionsMax: '],
    ['half a session', { sessionsMax: 1.5 }, 'sessionsMax: '],
    ['a huge session limit', { sessionsMax: 1e9 + 1 }, 'sessionsMax: '],
    ['an idle time of nothing', { sessionIdleMinutes: 0 }, 'sessionIdleMinutes: at least a second'],
    ['an idle time of days', { sessionIdleMinutes: 1441 }, 'sessionIdleMinutes: '],
    ['a negative cost', { windowCostLimit: '-1' }, 'windowCostLimit: must not be negative'],
    ['a cost as a number', { windowCostLimit: 5 }, 'windowCostLimit: '],
    ['a status of success', { passedStatuses: [200] }, 'passedStatuses[0]: '],
    ['a status twice', { passedStatuses: [404, 404] }, 'passedStatuses: names a status twice'],
    ['a pause without end', { pauseRules: [{ status: 500, minutes: 10_081 }] }, 'pauseRules[0].minutes: '],
    [
      'a pause on nothing',
      { pauseRules: [{ status: 500, words: [''], minutes: 1 }] },
      'pauseRules[0].words[0]: must not be empty',
    ],
    [
      'too many rules',
      { pauseRules: Array.from({ length: 51 }, () => ({ status: 500, minutes: 1 })) },
      'pauseRules: ',
    ],
    [
      'a line break',
      header('user-agent', 'a\r\nx-api-key: b'),
      'pinnedHeaders.user-agent: expected printable ASCII',
    ],
    ['a line break in a name', header('a\r\nb', 'c'), 'pinnedHeaders.(name): is no header name'],
    ['no name', header('', 'c'), 'pinnedHeaders.(name): is no header name'],
    ['no value', header('x', ''), 'pinnedHeaders.x: expected'],
    ['letters outside ASCII', header('x', 'ü'), 'pinnedHeaders.x: expected'],
    ['a space at the end', header('x', 'a '), 'pinnedHeaders.x: expected'],
    ['a header twice', { pinnedHeaders: { a: '1', A: '2' } }, 'pinnedHeaders.A: is there twice'],
    ...[
      'Authorization',
      'x-api-key',
      'x-goog-api-key',
      'Host',
      'content-length',
      'transfer-encoding',
      'connection',
      'cookie',
      'proxy-authorization',
      'accept-encoding',
      'content-type',
    ].map(
      (name) => [`the header ${name}`, header(name, 'x'), `pinnedHeaders.${name}: cannot be pinned`] as const,
    ),
  ];
  it.each(refused)('[ACC-9] refuses %s', async (_name, extra, message) => {
    await expect(make(extra)).rejects.toThrow(message);
  });

  it('[LIM-7] [LIM-8] an API key has no sessions and no window', async () => {
    const key = { kind: 'api-key', credentials: { api_key: 'x' } };
    const message = /^sessionsMax: not used by an account of kind api-key\nwindowCostLimit: not used/;
    await expect(make({ ...key, sessionsMax: 1, windowCostLimit: '0' })).rejects.toThrow(message);
    const { id } = await make({ ...key, sessionsMax: 0, windowCostLimit: null });
    await expect(api.client.accounts.update.mutate({ id, sessionsMax: 2 })).rejects.toThrow(
      'sessionsMax: not used',
    );
  });
});
