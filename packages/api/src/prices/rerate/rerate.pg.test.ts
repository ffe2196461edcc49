import {
  buildAttemptBatch,
  createId,
  encodeOutcome,
  parseMultiplier,
  parseUsd,
  ZERO_USAGE,
  ZERO_USD,
  type AttemptOutcome,
} from '@tollgate/core';
import { createUsageSink, schema } from '@tollgate/db';
import { eq, sql } from 'drizzle-orm';
import { afterAll, beforeAll, beforeEach, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../../testing/start-test-api.ts';
import { installPrices } from '../install-prices.ts';

const AT_MS = Date.UTC(2030, 0, 1, 12);
const PERIOD = { from: '2030-01-01T00:00:00Z', to: '2030-02-01T00:00:00Z' };
const PRICE = { model: 'm-1', platform: 'openai' as const, effectiveFrom: '2029-01-01' };

let api: TestApi;
let rerate: TestApi['client']['prices']['rerate'];
let made = 0;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  rerate = api.client.prices.rerate;
  await installPrices({ services: api.services, actor: 'system' });
});
beforeEach(async () => {
  await api.db.execute(sql`truncate usage, usage_hourly, ledger`);
  await api.db.execute(sql`update users set balance = 0`);
  await setPrice('1', '2');
});
afterAll(() => api.stop());

function setPrice(input: string, output: string) {
  return api.client.prices.set.mutate({ ...PRICE, prices: { input, output } });
}

async function makeUser(): Promise<string> {
  made += 1;
  return (await api.client.users.create.mutate({ email: `u${made}@example.com` })).id;
}

/** Books a settled attempt of 1,000,000 tokens in, 500,000 out at `m-1`, by default without a price, × 1.5. */
async function bookAttempt(
  userId: string,
  changes: Partial<Record<keyof AttemptOutcome, unknown>> = {},
): Promise<string> {
  made += 1;
  const outcome = {
    attemptId: createId('attempt', AT_MS + made),
    requestId: createId('request', AT_MS),
    nodeId: 'nod_1',
    atMs: AT_MS + made,
    userId,
    keyId: 'key_1',
    groupId: 'grp_1',
    accountId: 'acc_1',
    protocol: 'chat',
    model: 'asked',
    upstreamModel: 'm-1',
    stream: false,
    rateMultiplier: parseMultiplier('1.5'),
    subscriptionId: null,
    state: 'settled',
    status: 200,
    errorCode: null,
    usage: { ...ZERO_USAGE, inputTokens: 1_000_000, outputTokens: 500_000 },
    extra: [],
    media: null,
    priceVersion: null,
    standardCost: ZERO_USD,
    actualCost: ZERO_USD,
    durationMs: 10,
    firstTokenMs: null,
    upstreamRequestId: null,
    ...changes,
  } as AttemptOutcome;
  await createUsageSink(api.db).book(buildAttemptBatch([encodeOutcome(outcome)]));
  return outcome.attemptId;
}

const PAID = { priceVersion: 'v0', standardCost: parseUsd('1'), actualCost: parseUsd('1.5') };

async function readAttempt(attemptId: string) {
  const [row] = await api.db.select().from(schema.usage).where(eq(schema.usage.attemptId, attemptId));
  return (
    row && {
      version: row.priceVersion,
      standard: parseUsd(row.standardCost),
      actual: parseUsd(row.actualCost),
    }
  );
}

async function readBalance(userId: string): Promise<string> {
  return (await api.client.users.get.query({ id: userId })).balance;
}

/** Empty when balances are the sum of the ledger, and the hourly figures the sum of usage. */
async function findGaps(): Promise<unknown[]> {
  return api.db.execute(sql`
    select id::text from users where balance <> (select coalesce(sum(amount), 0) from ledger where user_id = users.id)
    union all
    select hourly.hour::text from usage_hourly hourly join (
      select date_trunc('hour', at, 'UTC') as hour, user_id, state, sum(standard_cost) as standard,
        sum(actual_cost) as actual from usage group by 1, 2, 3
    ) total on total.hour = hourly.hour and total.user_id = hourly.user_id and total.state = hourly.state
    where hourly.standard_cost <> total.standard or hourly.actual_cost <> total.actual`);
}

const plan = (input: Partial<Parameters<typeof rerate.plan.mutate>[0]> = {}) =>
  rerate.plan.mutate({ ...PERIOD, reason: 'a price was missing', ...input });

describe('prices.rerate.plan', () => {
  it('[MON-2] shows the differences by user and model, and moves nothing', async () => {
    const [ann, bob] = [await makeUser(), await makeUser()];
    const unpriced = await bookAttempt(ann);
    await bookAttempt(bob, { priceVersion: 'v0', standardCost: parseUsd('5'), actualCost: parseUsd('7.5') });
    await bookAttempt(bob, { priceVersion: 'v0', standardCost: parseUsd('2'), actualCost: parseUsd('3') });
    await bookAttempt(bob, { upstreamModel: 'nobody-knows' });
    const planned = await plan();
    expect(planned).toMatchObject({
      attemptsSeen: 4,
      // The third costs what it did: 1 USD of input, 1 USD of output, × 1.5.
      attemptsChanged: 2,
      attemptsUnpriced: 1,
      total: { attempts: 2, standardDifference: '-1', actualDifference: '-1.5' },
      usersChanged: 2,
      models: [{ upstreamModel: 'm-1', attempts: 2, standardDifference: '-1', actualDifference: '-1.5' }],
      bookedAt: null,
    });
    expect(planned.users).toEqual([
      expect.objectContaining({ userId: bob, balanceDifference: '4.5', actualDifference: '-4.5' }),
      expect.objectContaining({ userId: ann, balanceDifference: '-3', actualDifference: '3' }),
    ]);
    expect(await rerate.get.query({ planId: planned.id })).toEqual(planned);
    expect(await readAttempt(unpriced)).toEqual({ version: null, standard: 0n, actual: 0n });
    expect([await readBalance(bob), await findGaps()]).toEqual(['-10.5', []]);
    expect((await api.readAudit()).at(-1)).toMatchObject({ action: 'price.rerate-plan', target: planned.id });
  });

  it('[MON-2] takes what the filter names, at prices of the attempt’s moment, of any stored version', async () => {
    const [ann, bob] = [await makeUser(), await makeUser()];
    await bookAttempt(ann);
    await bookAttempt(bob, PAID);
    await bookAttempt(bob, { atMs: Date.UTC(2030, 1, 1) });
    const old = await plan();
    await setPrice('100', '100');
    expect((await plan({ version: old.version })).total).toEqual(old.total);
    expect((await plan({ filter: { userId: ann } })).users.map(({ userId }) => userId)).toEqual([ann]);
    expect((await plan({ filter: { unpricedOnly: true } })).attemptsSeen).toBe(1);
    expect((await plan({ filter: { upstreamModel: 'm-1' } })).attemptsSeen).toBe(2);
    expect((await plan({ filter: { groupId: 'grp_2' } })).attemptsSeen).toBe(0);
    await api.client.prices.set.mutate({
      ...PRICE,
      effectiveFrom: '2030-01-15',
      prices: { input: '9', output: '9' },
    });
    expect((await plan({ version: old.version, to: '2030-01-10T00:00:00Z' })).total).toEqual(old.total);
  });

  it('[MON-7] failed attempts get a standard cost and are billed to nobody; unknown ones are left', async () => {
    const ann = await makeUser();
    await bookAttempt(ann, { state: 'failed', status: 502 });
    await bookAttempt(ann, { state: 'unknown', status: 0 });
    expect(await plan()).toMatchObject({
      attemptsSeen: 1,
      total: { attempts: 1, standardDifference: '2', actualDifference: '0' },
    });
  });

  it('[MON-2] more than a page of attempts, many in one millisecond', async () => {
    const ann = await makeUser();
    await bookAttempt(ann);
    await api.db.execute(sql`
      insert into usage select (jsonb_populate_record(usage, jsonb_build_object('attempt_id', 'att_' || lpad(n::text, 26, '0')))).*
      from usage, generate_series(1, 4500) n`);
    expect(await plan()).toMatchObject({
      attemptsSeen: 4_501,
      attemptsChanged: 4_501,
      total: { actualDifference: '13503' },
    });
  });

  it('[MON-2] counts that cannot be do not stop the others', async () => {
    const ann = await makeUser();
    await bookAttempt(ann, { usage: { ...ZERO_USAGE, outputTokens: 1, reasoningTokens: 2 } });
    await bookAttempt(ann);
    expect(await plan()).toMatchObject({ attemptsSeen: 2, attemptsChanged: 1, attemptsUnpriced: 1 });
  });

  it.each([
    ['an unknown version', { version: 'book-x' }, 'version: no such price version'],
    ['a period that ends before it begins', { to: PERIOD.from }, 'to: is not after `from`'],
    ['no reason', { reason: '' }, 'reason: say why'],
  ])('[MON-2] refuses %s', async (_name, input, message) => {
    await expect(plan(input)).rejects.toThrow(message);
  });

  it('[MON-2] forgets plans that nobody booked for a month', async () => {
    const { id } = await plan();
    await api.db.update(schema.reratePlans).set({ createdAt: new Date(Date.now() - 31 * 86_400_000) });
    await plan();
    await expect(rerate.get.query({ planId: id })).rejects.toMatchObject({ data: { code: 'NOT_FOUND' } });
  });
});

describe('prices.rerate.book', () => {
  it('[MON-2] books usage, hourly sums, one ledger row a user and the balance, and tells the nodes', async () => {
    const [ann, bob] = [await makeUser(), await makeUser()];
    const attempts = [
      await bookAttempt(ann),
      await bookAttempt(ann),
      await bookAttempt(bob, { ...PAID, standardCost: parseUsd('5'), actualCost: parseUsd('7.5') }),
    ];
    const planned = await plan();
    api.published.length = 0;
    expect(await rerate.book.mutate({ planId: planned.id })).toEqual({
      planId: planned.id,
      attempts: 3,
      replayed: false,
    });
    for (const attempt of attempts) {
      expect(await readAttempt(attempt)).toEqual({
        version: planned.version,
        standard: parseUsd('2'),
        actual: parseUsd('3'),
      });
    }
    expect([await readBalance(ann), await readBalance(bob)]).toEqual(['-6', '-3']);
    expect(await findGaps()).toEqual([]);
    const { items } = await api.client.balances.ledger.query({ userId: ann });
    expect(items).toEqual([
      expect.objectContaining({
        kind: 'adjustment',
        amount: '-6',
        note: `prices of ${planned.version} (${planned.id}): a price was missing`,
      }),
    ]);
    expect(api.published.toSorted((a, b) => JSON.stringify(a).localeCompare(JSON.stringify(b)))).toEqual(
      [ann, bob].toSorted().map((userId) => ({ scope: 'balance', userId })),
    );
    expect((await api.readAudit()).at(-1)).toMatchObject({ action: 'price.rerate-book', target: planned.id });
    expect((await rerate.get.query({ planId: planned.id })).bookedAt).not.toBeNull();
    // The new prices are the attempt's own now.
    expect((await plan()).attemptsChanged).toBe(0);
  });

  it('[MON-2] twice, and five times at once, is once', async () => {
    const ann = await makeUser();
    await bookAttempt(ann);
    const { id: planId } = await plan();
    const calls = await Promise.all([1, 2, 3, 4, 5].map(() => rerate.book.mutate({ planId })));
    expect(calls.map(({ replayed }) => replayed).toSorted()).toEqual([false, true, true, true, true]);
    expect(await rerate.book.mutate({ planId })).toMatchObject({ attempts: 1, replayed: true });
    expect([await readBalance(ann), await findGaps()]).toEqual(['-3', []]);
  });

  it.each([
    ['cost', sql`update usage set actual_cost = 1`],
    ['version', sql`update usage set price_version = 'other'`],
    ['state', sql`update usage set state = 'failed'`],
    ['existence', sql`delete from usage`],
  ])(
    '[MON-2] refuses when the %s of an attempt has changed since, and moves nothing',
    async (_name, change) => {
      const ann = await makeUser();
      await bookAttempt(ann);
      const { id: planId } = await plan();
      await api.db.execute(change);
      const before = await api.db.select().from(schema.usage);
      await expect(rerate.book.mutate({ planId })).rejects.toMatchObject({ data: { code: 'CONFLICT' } });
      expect(await api.db.select().from(schema.usage)).toEqual(before);
      expect([await readBalance(ann), (await rerate.get.query({ planId })).bookedAt]).toEqual(['0', null]);
    },
  );

  it('[MON-2] of two plans for the same attempts the second is refused', async () => {
    const ann = await makeUser();
    await bookAttempt(ann);
    const [first, second] = [await plan(), await plan()];
    await rerate.book.mutate({ planId: first.id });
    await expect(rerate.book.mutate({ planId: second.id })).rejects.toMatchObject({
      data: { code: 'CONFLICT' },
    });
    expect(await readBalance(ann)).toBe('-3');
  });

  it('[MON-2] what a subscription paid moves no balance; a user that is gone has none', async () => {
    const ann = await makeUser();
    const paid = await bookAttempt(ann, { subscriptionId: 'sub_1' });
    const gone = await bookAttempt('usr_gone');
    const planned = await plan();
    expect(planned.users.map(({ balanceDifference }) => balanceDifference).toSorted()).toEqual(['-3', '0']);
    await rerate.book.mutate({ planId: planned.id });
    expect([await readAttempt(paid), await readAttempt(gone)]).toMatchObject([
      { actual: parseUsd('3') },
      { actual: parseUsd('3') },
    ]);
    expect([await readBalance(ann), await findGaps(), await api.db.select().from(schema.ledger)]).toEqual([
      '0',
      [],
      [],
    ]);
  });

  it('[MON-5] goes well with bookings of the same users at the same time', async () => {
    const users = await Promise.all([makeUser(), makeUser(), makeUser()]);
    for (const user of users) await bookAttempt(user);
    const { id: planId } = await plan();
    await Promise.all([
      rerate.book.mutate({ planId }),
      ...users.flatMap((user) => [1, 2, 3].map(() => bookAttempt(user, { ...PAID }))),
    ]);
    expect(await Promise.all(users.map(readBalance))).toEqual(['-7.5', '-7.5', '-7.5']);
    expect(await findGaps()).toEqual([]);
  });

  it('[MON-2] an unknown plan is not found', async () => {
    await expect(rerate.book.mutate({ planId: 'rrp_0' })).rejects.toMatchObject({
      data: { code: 'NOT_FOUND' },
    });
  });
});
