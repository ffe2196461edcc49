import { systemClock } from '@tollgate/core';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { RouterInputs } from '../index.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

type Worth = RouterInputs['redeem']['createBatch']['worth'];

let api: TestApi;
let nowMs = Date.UTC(2030, 0, 1);
let groupId: string;
let made = 0;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'), { clock: { ...systemClock, nowMs: () => nowMs } });
  const group = { name: 'pro', platform: 'anthropic', type: 'subscription' } as const;
  groupId = (await api.client.groups.create.mutate(group)).id;
});
afterAll(() => api.stop());

async function makeUser(extra = {}): Promise<string> {
  made += 1;
  return (await api.client.users.create.mutate({ email: `r${made}@example.com`, ...extra })).id;
}

async function makeCodes(worth: Worth, count = 1, extra = {}): Promise<{ batchId: string; codes: string[] }> {
  const batch = await api.client.redeem.createBatch.mutate({ name: 'gifts', worth, count, ...extra });
  const { csv } = await api.client.redeem.exportBatch.mutate({ batchId: batch.id });
  const lines = csv.trimEnd().split('\r\n').slice(1);
  return { batchId: batch.id, codes: lines.map((line) => line.split(',')[0]!) };
}

const redeem = (userId: string, code: string) => api.client.redeem.redeem.mutate({ userId, code });
const TEN = { kind: 'balance', amount: '10.00' } as const;

describe('redeem.redeem', () => {
  it('[MON-12] of a hundred that redeem a code at once exactly one wins', async () => {
    const users = await Promise.all(Array.from({ length: 10 }, () => makeUser()));
    const { codes } = await makeCodes(TEN);
    const calls = Array.from({ length: 100 }, (_, n) => redeem(users[n % 10]!, codes[0]!));
    const results = await Promise.allSettled(calls);
    expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const reasons = results.flatMap((one) => (one.status === 'rejected' ? [one.reason.message] : []));
    expect(new Set(reasons)).toEqual(new Set(['code: the code was redeemed already']));
    const [sums] = await api.db.sql`
      select (select sum(balance) from users)::text as balances, (select count(*) from ledger where kind = 'redeem')::int as rows`;
    expect(sums).toEqual({ balances: '10.000000000000', rows: 1 });
  });

  it('[MON-12] a code for the balance is one ledger row, counts as recharged and arms the notice', async () => {
    const userId = await makeUser();
    await api.db.sql`update users set low_balance_notified_at = now() where id = ${userId}`;
    const { codes, batchId } = await makeCodes(TEN);
    api.published.length = 0;
    const typed = ` ${codes[0]!.toLowerCase().replaceAll('-', ' ')} `;
    expect(await redeem(userId, typed)).toMatchObject({
      worth: { kind: 'balance', amount: '10' },
      user: { id: userId, balance: '10', totalRecharged: '10', lowBalanceNotifiedAt: null },
      subscriptionId: null,
    });
    expect(api.published).toEqual([{ scope: 'balance', userId }]);
    expect((await api.client.balances.ledger.query({ userId })).items).toMatchObject([
      { kind: 'redeem', amount: '10', note: `code ${codes[0]!.slice(0, 5)}… of batch gifts` },
    ]);
    expect((await api.readAudit()).at(-1)).toMatchObject({
      action: 'redeem-code.redeem',
      detail: { userId, batchId, kind: 'balance', amount: '10' },
    });
  });

  it('[MON-12] a code for concurrency adds to what the user may; who has no limit keeps the code', async () => {
    const worth = { kind: 'concurrency', concurrency: 3 } as const;
    const { codes } = await makeCodes(worth);
    const free = await makeUser({ concurrency: 0 });
    await expect(redeem(free, codes[0]!)).rejects.toThrow('code: the user has no limit');
    const userId = await makeUser({ concurrency: 5 });
    api.published.length = 0;
    expect((await redeem(userId, codes[0]!)).user.concurrency).toBe(8);
    expect(api.published).toEqual([{ scope: 'user', userId }]);
  });

  it('[MON-12] [MON-9] a code for a subscription makes one, and the next one makes it longer', async () => {
    const { codes } = await makeCodes({ kind: 'subscription', groupId, days: 30 }, 2);
    const userId = await makeUser();
    const first = await redeem(userId, codes[0]!);
    const second = await redeem(userId, codes[1]!);
    expect(second.subscriptionId).toBe(first.subscriptionId);
    expect((await api.client.subscriptions.list.query({ userId })).items).toMatchObject([
      { id: first.subscriptionId, expiresAt: '2030-03-02T00:00:00.000Z' },
    ]);
  });

  it('[MON-12] a group that is no longer sold leaves the code unused', async () => {
    const group = await api.client.groups.create.mutate({
      name: 'old',
      platform: 'openai',
      type: 'subscription',
    });
    const { codes, batchId } = await makeCodes({ kind: 'subscription', groupId: group.id, days: 1 });
    await api.client.groups.delete.mutate({ id: group.id });
    await expect(redeem(await makeUser(), codes[0]!)).rejects.toThrow('no such group');
    expect((await api.client.redeem.codes.query({ batchId })).items).toMatchObject([{ state: 'unused' }]);
  });

  it.each([
    ['nobody', 'usr_0', null, 'no such user'],
    ['no code', null, 'AAAAA-BBBBB-CCCCC-DDDDD', 'code: no such code'],
    ['garbage', null, "'; drop table redeem_codes", 'code: no such code'],
    ['a NUL', null, '\u0000', 'code: no such code'],
    ['nothing', null, '', 'code: '],
    ['a book', null, 'A'.repeat(101), 'code: '],
  ])('[MON-12] refuses %s', async (_name, user, code, message) => {
    const { codes } = await makeCodes(TEN);
    await expect(redeem(user ?? (await makeUser()), code ?? codes[0]!)).rejects.toThrow(message);
  });
});

describe('redeem batches', () => {
  it('[MON-12] makes ten thousand codes, each another one, sealed at rest, and exports them as CSV', async () => {
    const { codes, batchId } = await makeCodes(TEN, 10_000);
    expect(new Set(codes).size).toBe(10_000);
    const rows = JSON.stringify(await api.db.sql`select * from redeem_codes where batch_id = ${batchId}`);
    const audit = JSON.stringify(await api.readAudit());
    for (const code of codes.slice(0, 50)) {
      expect(rows).not.toContain(code);
      expect(rows).not.toContain(code.replaceAll('-', ''));
      expect(audit).not.toContain(code);
    }
    const actions = (await api.readAudit()).slice(-2).map(({ action, target }) => [action, target]);
    expect(actions).toEqual([
      ['redeem-batch.create', batchId],
      ['redeem-batch.export', batchId],
    ]);
  });

  it('[MON-12] expired and revoked codes are refused; what was redeemed stays', async () => {
    const expiresAt = '2030-02-01T00:00:00Z';
    const { codes, batchId } = await makeCodes(TEN, 4, { expiresAt, note: 'for, "friends"' });
    const userId = await makeUser();
    await redeem(userId, codes[0]!);
    const { items } = await api.client.redeem.codes.query({ batchId, state: 'unused', limit: 1 });
    expect(await api.client.redeem.revoke.mutate({ codeId: items[0]!.id })).toEqual({ revoked: 1 });
    expect(await api.client.redeem.revoke.mutate({ codeId: items[0]!.id })).toEqual({ revoked: 0 });
    await expect(redeem(userId, codes[1]!)).rejects.toThrow('code: the code was revoked');
    nowMs = Date.UTC(2030, 1, 1);
    await expect(redeem(userId, codes[2]!)).rejects.toThrow('code: the code has expired');
    const states = async () =>
      (await api.client.redeem.codes.query({ batchId })).items.map(({ state }) => state).toSorted();
    expect(await states()).toEqual(['expired', 'expired', 'redeemed', 'revoked']);
    expect((await api.client.redeem.codes.query({ batchId, state: 'expired' })).items).toHaveLength(2);
    expect(await api.client.redeem.revoke.mutate({ batchId })).toEqual({ revoked: 2 });
    const { items: used } = await api.client.redeem.codes.query({ batchId, userId });
    expect(used).toMatchObject([{ state: 'redeemed', redeemedBy: userId }]);
    await expect(api.client.redeem.revoke.mutate({ codeId: used[0]!.id })).rejects.toThrow(
      'was redeemed already',
    );
    const batches = (await api.client.redeem.batches.query({ limit: 200 })).items;
    expect(batches.find(({ id }) => id === batchId)).toMatchObject({ count: 4, redeemed: 1, revoked: 3 });
    nowMs = Date.UTC(2030, 0, 1);
  });

  it.each([
    ['none', { count: 0 }, 'count: '],
    ['too many', { count: 10_001 }, 'count: '],
    ['for nothing', { worth: { kind: 'balance', amount: '0.00' } }, 'worth.amount: must be more than zero'],
    ['for less', { worth: { kind: 'balance', amount: '-1' } }, 'worth.amount: must be more than zero'],
    ['of two kinds', { worth: { kind: 'balance', amount: '1', days: 3 } }, 'worth.days: unknown field'],
    ['in no group', { worth: { kind: 'subscription', groupId: 'grp_0', days: 3 } }, 'no such group'],
    ['that are over', { expiresAt: '2029-01-01T00:00:00Z' }, 'expiresAt: must be in the future'],
  ])('[MON-12] refuses a batch of codes %s', async (_name, extra, message) => {
    const call = api.client.redeem.createBatch.mutate({ name: 'b', worth: TEN, count: 1, ...extra } as never);
    await expect(call).rejects.toThrow(message);
  });
});
