import { openSecret, SealError } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const SECRET = 'sk-upstream-very-secret';
const OTHER_SECRET = 'sk-upstream-another-one';

let api: TestApi;
let main: string;
let spare: string;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  const { groups } = api.client;
  ({ id: main } = await groups.create.mutate({ name: 'main', platform: 'anthropic' }));
  ({ id: spare } = await groups.create.mutate({ name: 'spare', platform: 'anthropic' }));
});
afterAll(() => api.stop());

const make = (name: string, extra: object = {}) =>
  api.client.accounts.create.mutate({
    name,
    platform: 'anthropic',
    kind: 'api-key',
    credentials: { api_key: SECRET },
    ...extra,
  });

describe('accounts', () => {
  it('[ACC-1] seals the credentials in the table under the account id, and never gives them back', async () => {
    const account = await make('sealed', { baseUrl: 'https://up.example.com/', groups: [{ id: main }] });
    expect(account).toMatchObject({ baseUrl: 'https://up.example.com', concurrency: 3, priority: 50 });
    expect(account.groups).toEqual([{ id: main, name: 'main', priority: null }]);
    const [row] = await api.db.sql`select sealed_credentials from accounts where id = ${account.id}`;
    const sealed = String(row?.['sealed_credentials']);
    const opened = openSecret(sealed, api.services.secretKey, account.id);
    expect(JSON.parse(opened)).toEqual({ api_key: SECRET });
    expect(() => openSecret(sealed, api.services.secretKey, 'acc_other')).toThrow(SealError);

    await api.client.accounts.update.mutate({ id: account.id, credentials: { api_key: OTHER_SECRET } });
    const everything = JSON.stringify([
      account,
      await api.client.accounts.list.query(),
      await api.client.accounts.get.query({ id: account.id }),
      await api.readAudit(),
      await api.db.sql`select * from accounts, outbox`,
      api.published,
      api.logged,
    ]);
    expect(everything).not.toContain(SECRET);
    expect(everything).not.toContain(OTHER_SECRET);
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'account.update',
      detail: { credentials: 'set' },
    });
  });

  it('[AUTH-6] tells of the account and of every group that loses or gains it', async () => {
    const { id } = await make('moved', { groups: [{ id: main, priority: 7 }] });
    api.published.length = 0;
    const moved = await api.client.accounts.update.mutate({ id, groups: [{ id: spare, priority: 1 }] });
    expect(moved.groups).toEqual([{ id: spare, name: 'spare', priority: 1 }]);
    expect(api.published).toEqual([
      { scope: 'account', accountId: id },
      { scope: 'group', groupId: main },
      { scope: 'group', groupId: spare },
    ]);
    await api.client.accounts.delete.mutate({ id });
    expect(api.published.slice(3)).toEqual([
      { scope: 'account', accountId: id },
      { scope: 'group', groupId: spare },
    ]);
  });

  it('[ACC-1] the same credentials again are no change', async () => {
    const { id } = await make('same', { groups: [{ id: main }] });
    api.published.length = 0;
    await api.client.accounts.update.mutate({ id, credentials: { api_key: SECRET }, groups: [{ id: main }] });
    expect(api.published).toEqual([]);
  });

  it('gives the address of the platform when none is said', async () => {
    expect(await make('default')).toMatchObject({ baseUrl: 'https://api.anthropic.com' });
  });

  it.each([
    ['a forbidden URL', { baseUrl: 'ftp://x' }, 'baseUrl: must begin with https://'],
    ['the wrong credentials', { kind: 'oauth' }, 'credentials.access_token: required'],
    ['empty credentials', { credentials: {} }, 'credentials.api_key: required'],
    ['a line end in a secret', { credentials: { api_key: 'a\r\nb' } }, 'credentials.api_key: must be'],
    ['unknown credentials', { credentials: { apikey: 'a' } }, 'credentials.apikey: unknown field'],
    ['a star in the middle', { modelMapping: { 'a*b': 'c' } }, 'modelMapping.a*b: the requested name'],
    ['an unknown group', { groups: [{ id: 'grp_0' }] }, 'groups[0].id: no such group'],
  ])('[ACC-1] refuses %s', async (_name, extra, message) => {
    const call = make('refused', extra);
    await expect(call).rejects.toThrow(message);
    await expect(call).rejects.not.toThrow(SECRET);
  });

  it('[ACC-1] refuses a group of another platform', async () => {
    const { id } = await api.client.groups.create.mutate({ name: 'alien', platform: 'openai' });
    await expect(make('refused', { groups: [{ id }] })).rejects.toThrow(
      'groups[0].id: group alien is of platform openai, the account of anthropic',
    );
  });

  it('[CTL-3] filters by group, platform and status', async () => {
    const { items } = await api.client.accounts.list.query({ groupId: main, platform: 'anthropic' });
    expect(items.map(({ name }) => name)).toEqual(['sealed', 'same']);
    expect((await api.client.accounts.list.query({ status: 'error' })).items).toEqual([]);
  });
});
