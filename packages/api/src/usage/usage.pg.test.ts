import { createId } from '@tollgate/core';
import { schema } from '@tollgate/db';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';

const AT_MS = Date.UTC(2030, 0, 1);
let api: TestApi;

beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  const { id: userId } = await api.client.users.create.mutate({ email: 'payer@example.com' });
  const rows = Array.from({ length: 12 }, (_, index) => ({
    attemptId: createId('attempt', AT_MS + index),
    requestId: createId('request', AT_MS + index),
    nodeId: 'nod_1',
    // Pairs share a moment: the id must decide.
    at: new Date(AT_MS + Math.floor(index / 2)),
    userId: index === 0 ? 'usr_gone' : userId,
    keyId: 'key_gone',
    groupId: 'grp_gone',
    accountId: 'acc_gone',
    protocol: 'messages',
    model: index % 2 === 0 ? 'claude-a' : 'claude-b',
    upstreamModel: 'claude-a',
    stream: true,
    status: 200,
    state: index === 1 ? 'unknown' : 'settled',
    inputTokens: 10,
    cacheReadTokens: 0,
    cacheWrite5mTokens: 0,
    cacheWrite1hTokens: 0,
    outputTokens: 5,
    reasoningTokens: 0,
    toolPromptTokens: 0,
    webSearchRequests: 0,
    rateMultiplier: '1.5',
    standardCost: '0.000105',
    actualCost: '0.0001575',
    durationMs: 100,
    firstTokenMs: 20,
  }));
  await api.db.insert(schema.usage).values(rows);
});
afterAll(() => api.stop());

it('[CTL-3] pages newest first, each row once', async () => {
  const seen: string[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof api.client.usage.list.query>> = await api.client.usage.list.query({
      limit: 5,
      cursor,
    });
    seen.push(...page.items.map((row) => row.attempt_id));
    cursor = page.nextCursor;
  } while (cursor !== null);
  expect(new Set(seen).size).toBe(12);
  const { items, nextCursor } = await api.client.usage.list.query({ limit: 500 });
  expect(nextCursor).toBeNull();
  expect(items.map((row) => row.attempt_id)).toEqual(seen);
  expect(items.map((row) => row.at)).toEqual(
    items
      .map((row) => row.at)
      .toSorted()
      .toReversed(),
  );
});

it('[MON-1] gives costs as exact decimals and keeps the ids of what is gone', async () => {
  const { items } = await api.client.usage.list.query({
    user: 'Payer@example.com',
    model: 'claude-b',
    limit: 1,
  });
  expect(items[0]).toMatchObject({
    user: 'payer@example.com',
    key: 'key_gone',
    standard_cost_usd: '0.000105',
    actual_cost_usd: '0.0001575',
    rate_multiplier: '1.5',
    price_version: null,
    error_code: null,
  });
});

it('[CTL-3] filters by request and state, and refuses what is no cursor', async () => {
  const { items } = await api.client.usage.list.query({ state: 'unknown' });
  expect(items).toHaveLength(1);
  const requestId = items[0]?.request_id ?? '';
  expect((await api.client.usage.list.query({ requestId })).items).toEqual(items);
  expect((await api.client.usage.list.query({ user: 'nobody@example.com' })).items).toEqual([]);
  await expect(api.client.usage.list.query({ cursor: '1 or 1=1' })).rejects.toThrow('cursor: not a cursor');
  await expect(api.client.usage.list.query({ limit: 501 })).rejects.toThrow('limit');
});
