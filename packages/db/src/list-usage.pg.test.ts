import { picoUsd, type AttemptOutcome, type UserId } from '@tollgate/core';
import { createTestDatabase, type TestDatabase } from './testing/create-test-database.ts';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { createOutcomeSink } from './testing/create-outcome-sink.ts';
import { buildTestOutcome } from './testing/build-test-outcome.ts';
import { hashKey } from './hash-key.ts';
import { listUsage, type UsageCursor } from './list-usage.ts';
import { openDatabase, type Database } from './open-database.ts';
import { accounts, groups, keys, users } from './schema/index.ts';

let test: TestDatabase;
let db: Database;

const GONE = {
  userId: 'usr_gone',
  keyId: 'key_gone',
  groupId: 'grp_gone',
  accountId: 'acc_gone',
} as unknown as Partial<AttemptOutcome>;

beforeAll(async () => {
  test = await createTestDatabase(inject('postgresUrl'));
  db = openDatabase(test.url);
  await db.insert(users).values([
    { id: 'usr_1', email: 'ann@example.com' },
    { id: 'usr_2', email: 'bob@example.com' },
  ]);
  await db.insert(groups).values({ id: 'grp_1', name: 'the group', platform: 'anthropic' });
  await db
    .insert(keys)
    .values({ id: 'key_1', userId: 'usr_1', name: 'the key', hash: hashKey('k'), prefix: 'sk-…' });
  await db.insert(accounts).values({
    id: 'acc_1',
    name: 'the account',
    platform: 'anthropic',
    kind: 'api-key',
    baseUrl: 'https://api.example.com',
    sealedCredentials: 'v1:x',
  });
  const sameMoment = Array.from({ length: 700 }, (_, n) =>
    buildTestOutcome(1_000 + n, { atMs: 1_600_000_000_000 }),
  );
  await createOutcomeSink(db).book([
    ...sameMoment,
    buildTestOutcome(1, { standardCost: picoUsd(1_500_000_000_000n), actualCost: picoUsd(2n) }),
    buildTestOutcome(2, {
      state: 'unknown',
      status: 0,
      priceVersion: null,
      firstTokenMs: null,
      upstreamRequestId: null,
    }),
    buildTestOutcome(3, {
      ...GONE,
      state: 'failed',
      status: 502,
      errorCode: 'upstream_error',
      actualCost: picoUsd(0n),
    }),
    buildTestOutcome(4, { userId: 'usr_2' as UserId, model: 'model-b' }),
  ]);
});

afterAll(async () => {
  await db.close();
  await test.drop();
});

it('[MON-1] gives names, exact shortest figures and every field', async () => {
  const [row] = await listUsage(db, { request_id: 'req_00000000000000000000000001' });
  expect(row).toEqual({
    request_id: 'req_00000000000000000000000001',
    attempt_id: 'att_00000000000000000000000001',
    at: '2023-11-14T22:13:20.001Z',
    user: 'ann@example.com',
    key: 'the key',
    group: 'the group',
    account: 'the account',
    protocol: 'messages',
    model: 'model-a',
    upstream_model: 'model-a-1',
    stream: true,
    status: 200,
    state: 'settled',
    input_tokens: 10,
    cache_read_tokens: 0,
    cache_write_5m_tokens: 0,
    cache_write_1h_tokens: 0,
    output_tokens: 5,
    reasoning_tokens: 0,
    standard_cost_usd: '1.5',
    actual_cost_usd: '0.000000000002',
    duration_ms: 1_234,
    first_token_ms: 56,
    error_code: null,
    upstream_request_id: 'up_1',
    price_version: 'v1',
    rate_multiplier: '1.5',
  });
});

it('what is deleted keeps its id as its name', async () => {
  const [row] = await listUsage(db, { state: 'failed' });
  expect(row).toMatchObject({
    user: 'usr_gone',
    key: 'key_gone',
    group: 'grp_gone',
    account: 'acc_gone',
    error_code: 'upstream_error',
    status: 502,
  });
});

it('[MON-6] an attempt that was never closed shows as unknown', async () => {
  expect(await listUsage(db, { state: 'unknown' })).toMatchObject([
    { state: 'unknown', status: 0, price_version: null, first_token_ms: null, upstream_request_id: null },
  ]);
});

it('filters by user (in any case) and model, newest first', async () => {
  expect(await listUsage(db, { user_email: 'BOB@example.com' })).toMatchObject([{ user: 'bob@example.com' }]);
  expect(await listUsage(db, { model: 'model-b' })).toMatchObject([{ model: 'model-b' }]);
  expect(await listUsage(db, { user_email: 'ann@example.com', model: 'model-b' })).toEqual([]);
  expect(await listUsage(db, { user_email: "'; drop table usage --" })).toEqual([]);
  const newest = await listUsage(db, { limit: 4 });
  expect(newest.map((row) => row.attempt_id.slice(-1))).toEqual(['4', '3', '2', '1']);
});

it.each([
  [undefined, 100],
  [0, 1],
  [-5, 1],
  [1.9, 1],
  [10_000, 500],
])('a limit of %s gives %s rows', async (limit, expected) => {
  expect(await listUsage(db, limit === undefined ? {} : { limit })).toHaveLength(expected);
});

it('pages through rows of one moment without losing or repeating one', async () => {
  const seen: string[] = [];
  let after: UsageCursor | undefined;
  for (;;) {
    const page = await listUsage(db, { limit: 150, ...(after && { after }) });
    if (page.length === 0) break;
    seen.push(...page.map((row) => row.attempt_id));
    after = page.at(-1);
  }
  expect(seen).toHaveLength(704);
  expect(new Set(seen).size).toBe(704);
});
