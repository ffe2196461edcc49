import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { addPerson, signInAs } from '../testing/add-person.ts';
import type { Browser } from '../testing/open-browser.ts';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
let annId: string;
let ann: Browser;
let ben: Browser;
let open: string;
let closed: string;
let sold: string;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  annId = await addPerson(api, 'ann@example.com');
  const benId = await addPerson(api, 'ben@example.com');
  ann = await signInAs(api, 'ann@example.com');
  ben = await signInAs(api, 'ben@example.com');
  const { groups, balances } = api.client;
  open = (await groups.create.mutate({ name: 'open', platform: 'openai', selfService: true })).id;
  closed = (await groups.create.mutate({ name: 'closed', platform: 'openai' })).id;
  sold = (await groups.create.mutate({ name: 'sold', platform: 'openai', type: 'subscription' })).id;
  await balances.adjust.mutate({ userId: annId, kind: 'top-up', amount: '7', note: 'a secret note' });
  await balances.adjust.mutate({ userId: benId, kind: 'top-up', amount: '1000' });
  await addUsage(annId, 3);
  await addUsage(benId, 2);
});
afterAll(() => api.stop());

async function addUsage(userId: string, count: number) {
  const rows = Array.from({ length: count }, (_, index) => ({
    attemptId: createId('attempt', Date.UTC(2030, 0, 1) + index),
    requestId: createId('request', Date.UTC(2030, 0, 1) + index),
    nodeId: 'nod_1',
    at: new Date(Date.UTC(2030, 0, 1) + index),
    userId,
    keyId: 'key_1',
    groupId: open,
    accountId: 'acc_secret',
    protocol: 'chat',
    model: 'm',
    upstreamModel: 'upstream-secret',
    upstreamRequestId: 'req-secret',
    stream: false,
    status: 200,
    state: 'settled',
    inputTokens: 1,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 1,
    reasoningTokens: 0,
    toolPromptTokens: 0,
    webSearchRequests: 0,
    rateMultiplier: '2',
    standardCost: '0.5',
    actualCost: '1',
    durationMs: 1,
  }));
  await api.db.insert(schema.usage).values(rows);
}

const NOT_FOUND = { data: { code: 'NOT_FOUND', httpStatus: 404 } };
const FORBIDDEN = { data: { code: 'FORBIDDEN', httpStatus: 403 } };

describe('me', () => {
  it('[CTL-1] shows oneself, without the password and what is the operator’s', async () => {
    const profile = await ann.client.me.get.query();
    expect(profile).toMatchObject({ id: annId, email: 'ann@example.com', balance: '7', hasTotp: false });
    expect(JSON.stringify(profile)).not.toMatch(/argon2|password|weight/);
    expect(await ann.client.me.balance.query()).toEqual({ balance: '7', totalRecharged: '7' });
  });

  it('[MON-11] changes when and whom to warn, and nothing else', async () => {
    const changed = await ann.client.me.update.mutate({
      lowBalanceThreshold: '2.50',
      noticeEmails: ['Boss@example.com'],
    });
    expect(changed).toMatchObject({ lowBalanceThreshold: '2.5', noticeEmails: ['boss@example.com'] });
    expect(await ann.client.me.update.mutate({ lowBalancePercent: 10 })).toMatchObject({
      lowBalanceThreshold: null,
      lowBalancePercent: 10,
    });
    const audit = (await api.readAudit()).findLast(({ action }) => action === 'user.update');
    expect(audit).toMatchObject({ actor: annId, target: annId });
    for (const extra of [
      { role: 'admin' },
      { concurrency: 99 },
      { id: 'usr_1' },
      { balance: '9' },
      { status: 'active' },
    ]) {
      await expect(ann.client.me.update.mutate(extra as never)).rejects.toMatchObject({
        data: { code: 'BAD_REQUEST' },
      });
    }
  });

  it('[CTL-1] pages one’s own usage, without accounts, upstream names and standard cost', async () => {
    const first = await ann.client.me.usage.query({ limit: 2 });
    const second = await ann.client.me.usage.query({ limit: 2, cursor: first.nextCursor });
    expect([first.items.length, second.items.length, second.nextCursor]).toEqual([2, 1, null]);
    expect(first.items[0]).toMatchObject({ actual_cost_usd: '1', rate_multiplier: '2', group: 'open' });
    expect(JSON.stringify([first, second])).not.toMatch(/secret|standard|account/);
    await expect(ann.client.me.usage.query({ user: 'ben@example.com' } as never)).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST' },
    });
    // A cursor of somebody else is a place in time, and no more.
    const others = await ben.client.me.usage.query({ limit: 500, cursor: first.nextCursor });
    expect(others.items.length).toBeLessThanOrEqual(2);
  });

  it('[MON-5] shows one’s own movements, without the admins’ notes', async () => {
    const { items } = await ann.client.me.ledger.query();
    expect(items).toMatchObject([{ kind: 'top-up', amount: '7', balance: '7' }]);
    expect(JSON.stringify(items)).not.toContain('secret');
    await expect(ann.client.me.ledger.query({ userId: annId } as never)).rejects.toMatchObject({
      data: { code: 'BAD_REQUEST' },
    });
  });

  it('[MON-12] redeems for oneself, once', async () => {
    const worth = { kind: 'balance' as const, amount: '3' };
    const { id: batchId } = await api.client.redeem.createBatch.mutate({ name: 'gift', worth, count: 1 });
    const { csv } = await api.client.redeem.exportBatch.mutate({ batchId });
    const code = /[0-9A-Z]{5}(?:-[0-9A-Z]{5}){3}/.exec(csv)?.[0] ?? '';
    const both = await Promise.allSettled([
      ann.client.me.redeem.mutate({ code }),
      ben.client.me.redeem.mutate({ code }),
    ]);
    expect(both.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
    const balances = await Promise.all([ann, ben].map(({ client }) => client.me.balance.query()));
    expect(['10/1000', '7/1003']).toContain(balances.map(({ balance }) => balance).join('/'));
    await expect(ann.client.me.redeem.mutate({ code: 'nothing' })).rejects.toMatchObject(NOT_FOUND);
  });
});

describe('me.keys', () => {
  it('[CTL-1] are made where an admin has opened a group, or one has a subscription', async () => {
    const names = async () => (await ann.client.me.groups.query()).map(({ name }) => name);
    const make = (groupId: string) =>
      ann.client.me.keys.create.mutate({ name: `in ${groupId}`, groupIds: [groupId] });
    expect(await names()).toEqual(['open']);
    await expect(make(closed)).rejects.toMatchObject({
      ...NOT_FOUND,
      message: expect.stringContaining('no such group'),
    });
    await expect(make(sold)).rejects.toMatchObject(NOT_FOUND);
    const assigned = await api.client.subscriptions.assign.mutate({
      userId: annId,
      groupId: sold,
      days: 1,
      note: 'vip',
    });
    expect(await names()).toEqual(['open', 'sold']);
    await expect(make(sold)).resolves.toMatchObject({ isOwn: true });
    const { items } = await ann.client.me.subscriptions.query();
    expect(items).toMatchObject([{ groupName: 'sold', state: 'active' }]);
    expect(JSON.stringify(items)).not.toMatch(/vip|email|userId/i);
    expect((await ben.client.me.subscriptions.query()).items).toEqual([]);
    await api.client.subscriptions.suspend.mutate({ id: assigned.subscription.id });
    expect(await names()).toEqual(['open']);
  });

  it('[CTL-4] a file opens a group, and closes it', async () => {
    const apply = (isOpen: boolean) =>
      api.client.config.applyFile.mutate({
        config: `groups: [{ name: filed, platform: openai, self_service: ${isOpen} }]`,
      });
    const has = async () => (await ben.client.me.groups.query()).some(({ name }) => name === 'filed');
    const seen: boolean[] = [];
    for (const isOpen of [true, false]) {
      await apply(isOpen);
      seen.push(await has());
    }
    expect(seen).toEqual([true, false]);
  });

  it('[AUTH-1] are shown once, are one’s own, and reach the nodes', async () => {
    api.published.length = 0;
    const made = await ann.client.me.keys.create.mutate({ name: 'laptop', groupIds: [open], rpm: 5 });
    expect(made.plainKey).toMatch(/^sk-/);
    expect(api.published).toEqual([{ scope: 'key', keyHash: expect.any(String) }]);
    const stored = await api.client.keys.get.query({ id: made.id });
    expect(stored).toMatchObject({ userId: annId, rpm: 5, status: 'active' });
    const audit = (await api.readAudit()).findLast(({ action }) => action === 'key.create');
    expect(audit).toMatchObject({ actor: annId, target: made.id });
    const changed = await ann.client.me.keys.update.mutate({
      id: made.id,
      rpm: 9,
      quota: '3',
      status: 'disabled',
    });
    expect(changed).toMatchObject({ rpm: 9, quota: '3', status: 'disabled' });
    await expect(
      ann.client.me.keys.update.mutate({ id: made.id, status: 'active' } as never),
    ).rejects.toMatchObject({ data: { code: 'BAD_REQUEST' } });
    expect(await ann.client.me.keys.delete.mutate({ id: made.id })).toEqual({ id: made.id });
  });

  it('[CTL-1] of an admin can be disabled, not changed and not deleted', async () => {
    const { id } = await api.client.keys.create.mutate({
      userId: annId,
      name: 'given',
      groupIds: [closed],
      quota: '1',
    });
    const { keys } = ann.client.me;
    expect((await keys.list.query()).items.find((key) => key.id === id)).toMatchObject({ isOwn: false });
    await expect(keys.update.mutate({ id, quota: '1000' })).rejects.toMatchObject(FORBIDDEN);
    await expect(keys.update.mutate({ id, status: 'disabled', quota: null })).rejects.toMatchObject(
      FORBIDDEN,
    );
    await expect(keys.delete.mutate({ id })).rejects.toMatchObject(FORBIDDEN);
    expect(await keys.update.mutate({ id, status: 'disabled' })).toMatchObject({
      status: 'disabled',
      quota: '1',
    });
  });

  it('[CTL-1] go into no group that may not be used, and stay in one that they are in', async () => {
    const { keys } = ann.client.me;
    const { id } = await keys.create.mutate({ name: 'moves', groupIds: [open] });
    await expect(keys.update.mutate({ id, groupIds: [open, closed] })).rejects.toMatchObject(NOT_FOUND);
    await api.client.groups.update.mutate({ id: open, selfService: false });
    expect(await keys.update.mutate({ id, groupIds: [open], name: 'stays' })).toMatchObject({
      name: 'stays',
    });
    await api.client.groups.update.mutate({ id: open, selfService: true });
  });

  it('[CTL-1] of somebody else are as unknown as keys that never were', async () => {
    const { id } = await ann.client.me.keys.create.mutate({ name: 'mine', groupIds: [open] });
    const { keys } = ben.client.me;
    const never = await keys.delete.mutate({ id: 'key_0' }).catch((error: unknown) => error);
    const other = await keys.delete.mutate({ id }).catch((error: unknown) => error);
    expect(String(other).replace(id, 'key_0')).toBe(String(never));
    await expect(keys.update.mutate({ id, name: 'stolen' })).rejects.toMatchObject(NOT_FOUND);
    expect((await keys.list.query()).items).toEqual([]);
    expect((await ann.client.me.keys.list.query()).items.some((key) => key.id === id)).toBe(true);
  });

  it.each([
    ['a chosen key', { key: 'sk-0123456789abcdef0' }, 'key: unknown field'],
    ['another owner', { userId: 'usr_1' }, 'userId: unknown field'],
    ['no group', { groupIds: [] }, 'a key needs a group'],
  ])('refuses %s', async (_name, extra, message) => {
    const input = { name: 'x', groupIds: [open], ...extra };
    await expect(ann.client.me.keys.create.mutate(input)).rejects.toThrow(message);
  });

  it('[CTL-1] are a hundred at most, also when they are made at once', async () => {
    const make = (n: number) => ben.client.me.keys.create.mutate({ name: `k${n}`, groupIds: [open] });
    await Promise.all(Array.from({ length: 99 }, (_, n) => make(n)));
    const last = await Promise.allSettled([make(100), make(101), make(102)]);
    expect(last.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected', 'rejected']);
    const first = await ben.client.me.keys.list.query({ limit: 60 });
    const second = await ben.client.me.keys.list.query({ limit: 60, cursor: first.nextCursor });
    expect([...first.items, ...second.items]).toHaveLength(100);
    expect(second.nextCursor).toBeNull();
  });
});
