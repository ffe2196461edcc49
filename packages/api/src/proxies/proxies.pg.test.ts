import { buildProxySealContext } from '@tollgate/core';
import { openSecret, schema } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const URL_A = 'http://ann:planted-a@a.example:3128';
const URL_B = 'socks5://ann:planted-b@b.example:1080';
let api: TestApi;
let groupId: string;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  groupId = (await api.client.groups.create.mutate({ name: 'main', platform: 'anthropic' })).id;
});
afterAll(() => api.stop());
beforeEach(async () => {
  await api.db.sql`truncate accounts, proxies, audit restart identity cascade`;
  api.published.length = 0;
});

const addProxy = (name: string, url = URL_A) => api.client.proxies.create.mutate({ name, url });
const addAccount = (name: string, more: { proxy?: string; proxyId?: string } = {}) =>
  api.client.accounts.create.mutate({
    name,
    platform: 'anthropic',
    kind: 'api-key',
    credentials: { api_key: 'k' },
    groups: [{ id: groupId }],
    ...more,
  });

/** As the gateway opens it; null = direct. */
async function readProxyOf(accountId: string): Promise<string | null> {
  const [row] = await api.db.select().from(schema.accounts).where(eq(schema.accounts.id, accountId));
  const sealed = row?.sealedProxyUrl ?? null;
  return sealed === null
    ? null
    : openSecret(sealed, api.services.secretKey, buildProxySealContext(accountId));
}

describe('proxies', () => {
  it('[CTL-3] [ACC-7] are made, found, changed and deleted, and show no password', async () => {
    const made = await addProxy('a');
    expect(made).toMatchObject({ name: 'a', url: 'http://a.example:3128', accounts: 0 });
    expect(await api.client.proxies.get.query({ name: 'a' })).toEqual(made);
    expect(await api.client.proxies.get.query({ id: made.id })).toEqual(made);
    await expect(addProxy('a')).rejects.toMatchObject({ data: { httpStatus: 409 } });
    await expect(addProxy('b', 'ftp://x')).rejects.toThrow('url: must begin with');
    const changed = await api.client.proxies.update.mutate({ id: made.id, name: 'b', url: URL_B });
    expect(changed).toMatchObject({ name: 'b', url: 'socks5://b.example:1080' });
    expect((await api.client.proxies.list.query({ search: 'B' })).items).toEqual([changed]);
    await api.client.proxies.delete.mutate({ id: made.id });
    await expect(api.client.proxies.get.query({ id: made.id })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
    const audit = await api.readAudit();
    expect(audit.map(({ action }) => action)).toEqual(['proxy.create', 'proxy.update', 'proxy.delete']);
    expect(JSON.stringify([audit, changed, made, api.logged])).not.toContain('planted');
  });

  it('[ACC-7] a change of nothing is none', async () => {
    const made = await addProxy('a');
    expect(await api.client.proxies.update.mutate({ id: made.id, name: 'a', url: URL_A })).toEqual(made);
    expect(await api.readAudit()).toHaveLength(1);
  });

  it('[ACC-7] an account that refers to one goes through it, and through its new URL once that changes', async () => {
    const { id: proxyId } = await addProxy('a');
    const account = await addAccount('one', { proxyId });
    const other = await addAccount('two', { proxy: URL_A });
    expect(account).toMatchObject({ proxyId, proxy: 'http://a.example:3128' });
    expect(await readProxyOf(account.id)).toBe(URL_A);
    expect((await api.client.proxies.get.query({ id: proxyId })).accounts).toBe(1);
    api.published.length = 0;
    await api.client.proxies.update.mutate({ id: proxyId, url: URL_B });
    expect([await readProxyOf(account.id), await readProxyOf(other.id)]).toEqual([URL_B, URL_A]);
    const shown = await api.client.accounts.get.query({ name: 'one' });
    expect(shown).toMatchObject({ proxy: 'socks5://b.example:1080' });
    expect(api.published).toEqual([
      { scope: 'account', accountId: account.id },
      { scope: 'group', groupId },
    ]);
  });

  it('[ACC-7] one that is in use cannot be deleted', async () => {
    const { id } = await addProxy('a');
    const account = await addAccount('one', { proxyId: id });
    await expect(api.client.proxies.delete.mutate({ id })).rejects.toMatchObject({
      data: { httpStatus: 409 },
    });
    await api.client.accounts.update.mutate({ id: account.id, proxyId: null });
    await api.client.proxies.delete.mutate({ id });
  });

  it('[ACC-7] an account leaves it for a URL of its own, for another, or for none', async () => {
    const a = await addProxy('a');
    const b = await addProxy('b', URL_B);
    const { id } = await addAccount('one', { proxyId: a.id });
    const update = async (patch: { proxy?: string | null; proxyId?: string | null }) => {
      const { proxyId } = await api.client.accounts.update.mutate({ id, ...patch });
      return [proxyId, await readProxyOf(id)];
    };
    expect(await update({ proxyId: b.id })).toEqual([b.id, URL_B]);
    expect(await update({ proxy: URL_A })).toEqual([null, URL_A]);
    expect(await update({ proxyId: a.id })).toEqual([a.id, URL_A]);
    expect(await update({ proxy: URL_A, proxyId: null })).toEqual([null, URL_A]);
    expect(await update({ proxyId: null })).toEqual([null, null]);
    expect(await update({ proxyId: b.id })).toEqual([b.id, URL_B]);
    expect(await update({ proxy: null })).toEqual([null, null]);
  });

  it('[ACC-7] both at once, or one that there is not, are refused', async () => {
    const { id: proxyId } = await addProxy('a');
    const wrong = addAccount('one', { proxyId, proxy: URL_A });
    await expect(wrong).rejects.toThrow('proxyId: there is a URL as well');
    await expect(addAccount('one', { proxyId: 'prx_none' })).rejects.toMatchObject({
      data: { httpStatus: 404 },
    });
    const { id } = await addAccount('one', { proxyId });
    await expect(api.client.accounts.update.mutate({ id, proxyId, proxy: URL_B })).rejects.toThrow('proxyId');
    expect(await readProxyOf(id)).toBe(URL_A);
  });
});
