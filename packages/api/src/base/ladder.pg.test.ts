import { TRPCClientError } from '@trpc/client';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { ADMIN_TOKEN, startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

const REFUSED = { data: { code: 'UNAUTHORIZED', httpStatus: 401 } };

describe('public procedures', () => {
  it('[CTL-1] health answers without a token', async () => {
    expect(await api.connect().health.get.query()).toEqual({ ok: true, version: '9.9.9' });
  });
});

describe('admin procedures', () => {
  it('[CTL-2] takes a stored token', async () => {
    expect(await api.client.groups.list.query()).toEqual({ items: [], nextCursor: null });
  });

  it.each([
    ['no token', undefined],
    ['an empty token', ''],
    ['another token', 'tga_other_0123456789abcdef'],
    ['the token with more behind it', `${ADMIN_TOKEN}x`],
    ['the token in another case', ADMIN_TOKEN.toUpperCase()],
  ])('[CTL-2] refuses %s, in the same words', async (_name, token) => {
    const call = api.connect(token).groups.list.query();
    await expect(call).rejects.toMatchObject(REFUSED);
    await expect(call).rejects.toThrow('The admin token is missing, wrong or expired.');
  });

  it('[CTL-2] refuses a token from the moment it expires', async () => {
    await api.addToken('tga_expired_0123456789abcdef', new Date(Date.now() - 1));
    await api.addToken('tga_fresh_0123456789abcdef', new Date(Date.now() + 60_000));
    const expired = api.connect('tga_expired_0123456789abcdef').groups.list.query();
    await expect(expired).rejects.toMatchObject(REFUSED);
    await expect(api.connect('tga_fresh_0123456789abcdef').groups.list.query()).resolves.toBeDefined();
  });

  it('[CTL-2] refuses other schemes than Bearer', async () => {
    const answer = await fetch(`${api.url}/trpc/groups.list`, {
      headers: { authorization: `Basic ${ADMIN_TOKEN}` },
    });
    expect(answer.status).toBe(401);
  });

  it('[CTL-2] refuses every mutation without a token, and changes nothing', async () => {
    const anyone = api.connect();
    const calls = [
      anyone.groups.create.mutate({ name: 'x', platform: 'openai' }),
      anyone.users.create.mutate({ email: 'x@example.com' }),
      anyone.config.applyFile.mutate({ config: 'groups: []' }),
      anyone.balances.adjust.mutate({ email: 'x@example.com', kind: 'top-up', amount: '1' }),
    ];
    for (const call of calls) await expect(call).rejects.toMatchObject(REFUSED);
    expect(await api.readAudit()).toEqual([]);
  });
});

describe('faults', () => {
  it('[REQ-5] shows the request id instead of what went wrong', async () => {
    await api.db.sql`alter table users rename to users_away`;
    try {
      const fault: unknown = await api.client.users.list.query().catch((error: unknown) => error);
      expect(fault).toBeInstanceOf(TRPCClientError);
      expect(fault).toMatchObject({ data: { code: 'INTERNAL_SERVER_ERROR', httpStatus: 500 } });
      expect(String(fault)).toMatch(/internal error \(request req_[0-9a-z]{26}\)/);
      expect(JSON.stringify(fault)).not.toMatch(/relation|select|"stack/i);
    } finally {
      await api.db.sql`alter table users_away rename to users`;
    }
  });

  it('says 503, not 401, when the database is gone', async () => {
    const other = await startTestApi(inject('postgresUrl'));
    await other.db.close();
    await expect(other.client.groups.list.query()).rejects.toMatchObject({
      data: { code: 'SERVICE_UNAVAILABLE', httpStatus: 503 },
    });
    await other.stop();
  });
});
