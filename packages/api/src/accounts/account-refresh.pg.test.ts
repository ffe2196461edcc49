import { fingerprintCredentials, sealSecret } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const DAY_MS = 86_400_000;
const AHEAD_MS = 900_000;

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let names = 0;
const make = (credentials: object, kind: 'oauth' | 'setup-token' = 'oauth') => {
  names += 1;
  return api.client.accounts.create.mutate({ name: `r${names}`, platform: 'anthropic', kind, credentials });
};
const inDays = (days: number) => new Date(Date.now() + days * DAY_MS).toISOString();
const update = (id: string, patch: object) => api.client.accounts.update.mutate({ id, ...patch });

/** As the refresh job leaves it. */
async function refresh(id: string, given: object): Promise<void> {
  const sealed = sealSecret('{"access_token":"a2","refresh_token":"r2"}', api.services.secretKey, id);
  const from = fingerprintCredentials(given, api.services.secretKey, id);
  await api.db
    .sql`update accounts set sealed_credentials = ${sealed}, refreshed_from = ${from} where id = ${id}`;
}
async function read(id: string) {
  const [row] = await api.db.sql<{ fence: string; failures: number; sealed: string; from: string | null }[]>`
    select refresh_fence::text as fence, refresh_failures as failures, sealed_credentials as sealed,
      refreshed_from as from from accounts where id = ${id}`;
  if (!row) throw new Error('no such account');
  return row;
}

describe('token refresh in the API', () => {
  it.each([inDays(1), Date.now() + DAY_MS])(
    '[ACC-6] takes an expiry, and refreshes ahead of it: %s',
    async (at) => {
      const account = await make({ access_token: 'a', refresh_token: 'r', expires_at: at });
      expect(Date.parse(account.nextRefreshAt ?? '')).toBe(new Date(at).getTime() - AHEAD_MS);
      expect(account).toMatchObject({ refreshedAt: null, statusReason: null });
    },
  );

  it('[ACC-6] without an expiry or a refresh token there is no time for it', async () => {
    const all = [
      { access_token: 'a' },
      { access_token: 'a', refresh_token: 'r' },
      { access_token: 'a', expires_at: inDays(1) },
    ];
    for (const credentials of all) expect((await make(credentials)).nextRefreshAt).toBeNull();
  });

  it.each(['tomorrow', '2026-13-01T00:00:00Z', -1, 1.5, 9e15, null, {}])(
    'refuses the expiry %j',
    async (at) => {
      await expect(make({ access_token: 'a', expires_at: at })).rejects.toThrow('expires_at');
    },
  );

  it('an expiry is none of the fields of a setup token', async () => {
    await expect(make({ access_token: 'a', expires_at: 0 }, 'setup-token')).rejects.toThrow('not used by');
  });

  it('[ACC-6] given tokens that were refreshed since are no change; other ones are, and fence the refresher off', async () => {
    const given = { access_token: 'a', refresh_token: 'r', expires_at: inDays(1) };
    const { id } = await make(given);
    await refresh(id, given);
    const before = await read(id);
    await update(id, { credentials: given });
    expect(await read(id)).toEqual(before);
    const { nextRefreshAt } = await update(id, { credentials: { ...given, refresh_token: 'r3' } });
    expect(nextRefreshAt).not.toBeNull();
    const after = await read(id);
    expect(after).toMatchObject({ fence: '1', from: null });
    expect(after.sealed).not.toBe(before.sealed);
  });

  it('[ACC-6] tokens without their end are the same; another end is a change, unless they are spent', async () => {
    const tokens = { access_token: 'a', refresh_token: 'r' };
    const end = inDays(1);
    const { id, nextRefreshAt } = await make({ ...tokens, expires_at: end });
    const before = await read(id);
    await update(id, { credentials: tokens });
    await update(id, { credentials: { ...tokens, expires_at: Date.parse(end) } });
    expect(await read(id)).toEqual(before);
    const later = await update(id, { credentials: { ...tokens, expires_at: inDays(2) } });
    expect(later.nextRefreshAt).not.toBe(nextRefreshAt);
    await refresh(id, tokens);
    const refreshed = await read(id);
    for (const one of [tokens, { ...tokens, expires_at: inDays(3) }]) await update(id, { credentials: one });
    expect(await read(id)).toEqual(refreshed);
    await update(id, { credentials: { ...tokens, access_token: 'other' } });
    expect(await read(id)).not.toEqual(refreshed);
  });

  it('[CTL-4] a file with the tokens of the beginning changes nothing', async () => {
    const file = `accounts: [{ name: filed, platform: anthropic, kind: oauth,
      credentials: { access_token: a, refresh_token: r, expires_at: ${inDays(1)} } }]`;
    const apply = () => api.client.config.applyFile.mutate({ config: file });
    await apply();
    const [row] = await api.db.sql<
      { id: string; given: string }[]
    >`select id from accounts where name = 'filed'`;
    const [, at] = /expires_at: (\S+)/.exec(file) ?? [];
    await refresh(row?.id ?? '', { access_token: 'a', refresh_token: 'r', expires_at: at });
    expect(await apply()).toMatchObject({ plan: [{ name: 'filed', action: 'unchanged' }] });
  });

  it('[ACC-4] new credentials mend an error of the refresh, and an admin’s status takes its reason away', async () => {
    const { id } = await make({ access_token: 'a', refresh_token: 'r' });
    const fail = () =>
      api.db
        .sql`update accounts set status = 'error', status_reason = 'refused', refresh_failures = 3 where id = ${id}`;
    await fail();
    const shown = await api.client.accounts.get.query({ id });
    expect(shown).toMatchObject({ status: 'error', statusReason: 'refused' });
    expect(await update(id, { credentials: { access_token: 'b', refresh_token: 's' } })).toMatchObject({
      status: 'active',
      statusReason: null,
    });
    await fail();
    expect(await update(id, { status: 'active' })).toMatchObject({ status: 'active', statusReason: null });
    expect(await read(id)).toMatchObject({ failures: 0 });
    expect((await api.client.accounts.get.query({ id })).nextRefreshAt).not.toBeNull();
  });

  it('[ACC-4] an error that an admin set stays with new credentials', async () => {
    const { id } = await make({ access_token: 'a' });
    await update(id, { status: 'error' });
    expect(await update(id, { credentials: { access_token: 'b' } })).toMatchObject({ status: 'error' });
  });
});
