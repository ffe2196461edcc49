import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

let api: TestApi;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
});
afterAll(() => api.stop());

let made = 0;
async function makeUser(): Promise<string> {
  made += 1;
  return (await api.client.users.create.mutate({ email: `u${made}@example.com` })).id;
}

async function sumLedger(userId: string): Promise<string> {
  const [row] = await api.db.sql`
    select (select balance from users where id = ${userId})
      = (select coalesce(sum(amount), 0) from ledger where user_id = ${userId}) as equal`;
  return String(row?.['equal']);
}

describe('balances.adjust', () => {
  it('[MON-5] books one ledger row and moves the balance with it', async () => {
    const userId = await makeUser();
    const { adjust } = api.client.balances;
    api.published.length = 0;
    expect(await adjust.mutate({ userId, kind: 'top-up', amount: '10.00', note: 'cash' })).toMatchObject({
      balance: '10',
      replayed: false,
    });
    expect(api.published).toEqual([{ scope: 'balance', userId }]);
    const email = `u${made}@example.com`;
    const after = await adjust.mutate({ email, kind: 'adjustment', amount: '-0.000000000001' });
    expect(after.balance).toBe('9.999999999999');
    expect(await api.client.users.get.query({ email })).toMatchObject({ balance: '9.999999999999' });
    const { items } = await api.client.balances.ledger.query({ userId });
    expect(items.map(({ kind, amount, note }) => [kind, amount, note]).toSorted()).toEqual([
      ['adjustment', '-0.000000000001', null],
      ['top-up', '10', 'cash'],
    ]);
    expect(await sumLedger(userId)).toBe('true');
    expect((await api.readAudit()).at(-1)).toMatchObject({ action: 'balance.adjust', target: userId });
  });

  it('[MON-5] twenty at once are all booked', async () => {
    const userId = await makeUser();
    const call = () => api.client.balances.adjust.mutate({ userId, kind: 'top-up', amount: '0.1' });
    await Promise.all(Array.from({ length: 20 }, call));
    expect(await api.client.users.get.query({ id: userId })).toMatchObject({ balance: '2' });
    expect(await sumLedger(userId)).toBe('true');
  });

  it('[MON-5] an idempotency key books once, also at once, and not for another amount', async () => {
    const userId = await makeUser();
    const input = { userId, kind: 'top-up' as const, amount: '5.0', idempotencyKey: 'invoice 7' };
    const calls = await Promise.all([1, 2, 3].map(() => api.client.balances.adjust.mutate(input)));
    expect(calls.map(({ replayed }) => replayed).toSorted()).toEqual([false, true, true]);
    const audits = (await api.readAudit()).filter(({ target }) => target === userId);
    expect(audits.map(({ action }) => action)).toEqual(['user.create', 'balance.adjust']);
    await expect(api.client.balances.adjust.mutate({ ...input, amount: '6' })).rejects.toMatchObject({
      data: { code: 'CONFLICT' },
    });
    expect(await api.client.users.get.query({ id: userId })).toMatchObject({ balance: '5' });
  });

  it.each([
    ['zero', { amount: '0.00' }, 'amount: must not be zero'],
    ['minus zero', { amount: '-0' }, 'amount: must not be zero'],
    ['a negative top-up', { amount: '-1' }, 'amount: a top-up is positive'],
    ['a negative refund', { kind: 'refund', amount: '-1' }, 'amount: a refund is positive'],
    ['a float', { amount: 1.5 }, 'amount: expected a decimal number in quotes'],
    ['an exponent', { amount: '1e3' }, 'amount: expected a decimal amount'],
    ['13 decimals', { amount: '0.0000000000001' }, 'amount: expected a decimal amount'],
    ['a fortune', { amount: '1000000001' }, 'amount: expected a decimal amount'],
    ['nobody', { userId: undefined }, 'userId: give either userId or email'],
    ['two names', { email: 'u1@example.com' }, 'userId: give either userId or email'],
  ])('[MON-1] refuses %s', async (_name, extra, message) => {
    const input = { userId: 'usr_1', kind: 'top-up', amount: '1', ...extra };
    await expect(api.client.balances.adjust.mutate(input as never)).rejects.toThrow(message);
  });

  it('says that there is no such user', async () => {
    const call = api.client.balances.adjust.mutate({ userId: 'usr_0', kind: 'top-up', amount: '1' });
    await expect(call).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  });
});

describe('balances.adjust: refunds', () => {
  it('[MON-5] gives back what a use cost: no recharge, so the low-balance notice stays as it is', async () => {
    const userId = await makeUser();
    const { adjust } = api.client.balances;
    await adjust.mutate({ userId, kind: 'top-up', amount: '10' });
    await api.db.sql`update users set low_balance_notified_at = now() where id = ${userId}`;
    const refund = { userId, kind: 'refund' as const, amount: '2.5', note: 'req_1', idempotencyKey: 'r1' };
    expect(await adjust.mutate(refund)).toMatchObject({ balance: '12.5', replayed: false });
    expect(await adjust.mutate(refund)).toMatchObject({ balance: '12.5', replayed: true });
    const user = await api.client.users.get.query({ id: userId });
    expect(user).toMatchObject({ totalRecharged: '10', lowBalanceNotifiedAt: expect.any(String) });
    await adjust.mutate({ userId, kind: 'top-up', amount: '1' });
    const armed = await api.client.users.get.query({ id: userId });
    expect(armed).toMatchObject({ totalRecharged: '11', lowBalanceNotifiedAt: null });
    expect(await sumLedger(userId)).toBe('true');
  });
});

describe('balances.ledger', () => {
  it('[MON-5] shows the balance after each movement, also on later pages while more is booked', async () => {
    const userId = await makeUser();
    const { adjust, ledger } = api.client.balances;
    for (const amount of ['10', '-0.000000000001', '-4', '2.5']) {
      const kind = amount.startsWith('-') ? 'adjustment' : 'refund';
      await adjust.mutate({ userId, kind, amount });
    }
    const first = await ledger.query({ userId, limit: 2 });
    expect(first.items.map(({ amount, balance }) => [amount, balance])).toEqual([
      ['2.5', '8.499999999999'],
      ['-4', '5.999999999999'],
    ]);
    await adjust.mutate({ userId, kind: 'top-up', amount: '100' });
    const second = await ledger.query({ userId, limit: 2, cursor: first.nextCursor });
    expect(second.items.map(({ amount, balance }) => [amount, balance])).toEqual([
      ['-0.000000000001', '9.999999999999'],
      ['10', '10'],
    ]);
    await api.client.users.delete.mutate({ id: userId });
    expect((await ledger.query({ userId, limit: 1 })).items).toMatchObject([{ balance: '108.499999999999' }]);
    expect((await ledger.query({ userId: 'usr_0' })).items).toEqual([]);
  });

  it('[CTL-3] pages newest first without loss, also within one millisecond', async () => {
    const userId = await makeUser();
    await api.db.sql`
      insert into ledger (id, user_id, kind, amount, at)
      select 'led_' || lpad(n::text, 4, '0'), ${userId}, 'top-up', n,
        '2030-01-01T00:00:00.000000Z'::timestamptz + (n / 2) * interval '1 microsecond'
      from generate_series(1, 25) n`;
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const page: Awaited<ReturnType<typeof api.client.balances.ledger.query>> =
        await api.client.balances.ledger.query({ userId, limit: 4, cursor });
      seen.push(...page.items.map(({ amount }) => amount));
      cursor = page.nextCursor;
    } while (cursor !== null);
    expect(seen).toEqual(Array.from({ length: 25 }, (_, index) => String(25 - index)));
    const call = api.client.balances.ledger.query({ userId, cursor: "'; drop table users" });
    await expect(call).rejects.toThrow('cursor: not a cursor');
  });
});

describe('users', () => {
  it('[CTL-1] keeps e-mail addresses in lower case, and unique in any case', async () => {
    const { users } = api.client;
    const user = await users.create.mutate({ email: 'Ann@Example.COM', concurrency: 9, rpm: 3 });
    expect(user).toMatchObject({ email: 'ann@example.com', balance: '0', concurrency: 9, rpm: 3 });
    expect(await users.get.query({ email: 'ANN@example.com' })).toEqual(user);
    await expect(users.create.mutate({ email: 'ann@EXAMPLE.com' })).rejects.toThrow(
      'email: is taken already',
    );
    await expect(users.create.mutate({ email: 'ann' })).rejects.toThrow('email: not an e-mail address');
    await expect(users.create.mutate({ email: 'b@example.com', balance: '1' } as never)).rejects.toThrow(
      'balance: unknown field',
    );
    api.published.length = 0;
    await users.update.mutate({ id: user.id, status: 'disabled' });
    expect(api.published).toEqual([{ scope: 'user', userId: user.id }]);
    const { items } = await users.list.query({ search: 'ANN@', status: 'disabled' });
    expect(items.map(({ id }) => id)).toEqual([user.id]);
    expect((await users.list.query({ search: '%' })).items).toEqual([]);
    expect(await users.delete.mutate({ id: user.id })).toEqual({ id: user.id });
    await expect(users.get.query({ id: user.id })).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  });
});
