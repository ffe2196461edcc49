import { parseUsd, ZERO_USAGE, type AlertMetric } from '@tollgate/core';
import { beforeAll, expect, it } from 'vitest';
import { buildTestOutcome } from '../testing/build-test-outcome.ts';
import { createOutcomeSink } from '../testing/create-outcome-sink.ts';
import { forEachDatabase } from '../testing/for-each-database.ts';
import { buildTestDecision, writeTestDecisions } from '../testing/write-test-decisions.ts';
import type { FigureSource } from './figure-statements.ts';
import { listAlertAccounts, readFigures, type FigureQuestion } from './read-figures.ts';

const FROM_MS = Date.UTC(2030, 0, 1, 12);
const TO_MS = FROM_MS + 60_000;
const LIMITS = { timeoutMs: 10_000 };
let count = 0;

/** `endMs` in the window. */
function buildDecision(endMs: number, changes: Record<string, unknown> = {}) {
  count += 1;
  const { durationMs = 100 } = changes as { durationMs?: number };
  return {
    requestId: `req_${String(count).padStart(26, '0')}`,
    atMs: FROM_MS + endMs - durationMs,
    groupId: 'grp_a',
    durationMs,
    ...changes,
  };
}

const { detail } = buildTestDecision({});

forEachDatabase((database) => {
  const read = (source: FigureSource, questions: FigureQuestion[]) =>
    readFigures(database.db, source, { fromMs: FROM_MS, toMs: TO_MS }, questions, LIMITS);
  const readOne = async (
    source: FigureSource,
    metric: AlertMetric,
    filter: FigureQuestion['filter'] = {},
  ) => {
    const [figure] = await read(source, [{ metric, filter }]);
    return figure === null || figure === undefined ? null : Number(figure);
  };

  beforeAll(async () => {
    const { sql } = database.db;
    await sql`insert into groups (id, name, platform) values ('grp_a', 'a', 'anthropic'), ('grp_o', 'o', 'openai')`;
    await writeTestDecisions(database.db, [
      buildDecision(0, { durationMs: 1_000, detail: { ...detail, firstContentAfterMs: 10 } }),
      buildDecision(59_999, { groupId: 'grp_o', protocol: 'chat' }),
      // Began long before the window and ended in it.
      buildDecision(30_000, { durationMs: 1_700_000, status: 502, errorCode: 'upstream_error' }),
      buildDecision(30_000, { status: 429, errorCode: 'rate_limit', model: null, userId: 'usr_2' }),
      // Broke in the middle of the stream.
      buildDecision(30_000, { errorCode: 'upstream_error', keyId: 'key_2', groupId: 'grp_gone' }),
      buildDecision(30_000, { status: 499, errorCode: 'client_closed' }),
      // Outside: ended a moment before, at the end, and began in it.
      buildDecision(-1, { status: 500 }),
      buildDecision(60_000, { status: 500 }),
      buildDecision(90_000, { durationMs: 60_000, status: 500 }),
    ]);
    // As earlier versions have stored it.
    await sql`update request_decisions set detail = '{"firstContentAfterMs":30.5}', trace = null
      where group_id = 'grp_o'`;
    const settled = {
      atMs: FROM_MS,
      durationMs: 20_000,
      groupId: 'grp_a' as never,
      state: 'settled' as const,
    };
    await createOutcomeSink(database.db).book([
      buildTestOutcome(1, {
        ...settled,
        usage: {
          ...ZERO_USAGE,
          inputTokens: 1,
          cacheReadTokens: 20,
          cacheWrite5mTokens: 300,
          outputTokens: 4_000,
        },
        standardCost: parseUsd('0.000000000001'),
      }),
      buildTestOutcome(2, {
        ...settled,
        accountId: 'acc_2' as never,
        usage: { ...ZERO_USAGE, toolPromptTokens: 50_000, cacheWrite1hTokens: 600_000, reasoningTokens: 9 },
        standardCost: parseUsd('123456.000000000002'),
      }),
      buildTestOutcome(3, { ...settled, priceVersion: null, standardCost: parseUsd('0') }),
      // A warm-up: nothing was used, so nothing is missing its price.
      buildTestOutcome(4, { ...settled, priceVersion: null, usage: ZERO_USAGE, standardCost: parseUsd('0') }),
      buildTestOutcome(5, { ...settled, durationMs: 60_000 }),
      buildTestOutcome(6, { ...settled, atMs: FROM_MS - 60_000 }),
    ]);
  });

  it('[OPS-5] counts what ended in the window, errors in the stream too, and a client that left as none', async () => {
    expect(
      await read('requests', [
        { metric: 'requests', filter: {} },
        { metric: 'errors', filter: {} },
        { metric: 'error_ratio', filter: {} },
        { metric: 'errors', filter: { status_class: ['5xx'] } },
        { metric: 'errors', filter: { status_class: ['4xx'] } },
        { metric: 'error_ratio', filter: { status_class: ['4xx'] } },
      ]),
    ).toEqual(['6', '3', '0.5', '2', '1', '0.166666666667'].map((text) => Number(text).toFixed(12)));
  });

  it.each([
    [{ platform: ['openai'] }, 1],
    [{ platform: ['anthropic', 'openai'] }, 5],
    [{ model: ['model-a'] }, 5],
    [{ model: [] }, 0],
    [{ model: ["'; drop table groups; --"] }, 0],
    [{ group: ['grp_gone'] }, 1],
    [{ user: ['usr_2'] }, 1],
    [{ key: ['key_2'] }, 1],
    [{ protocol: ['chat'] }, 1],
    [{ user: ['usr_1'], key: ['key_1'], group: ['grp_a'] }, 3],
  ])('[OPS-5] narrows requests to %j', async (filter, requests) => {
    expect(await readOne('requests', 'requests', filter)).toBe(requests);
  });

  it('[OPS-5] no requests: 0 requests, 0 errors, and no ratio or percentile', async () => {
    const filter = { user: ['usr_none'] };
    expect([
      await readOne('requests', 'requests', filter),
      await readOne('requests', 'errors', filter),
      await readOne('requests', 'error_ratio', filter),
      await readOne('latency', 'latency_p95_ms', filter),
      await readOne('first-content', 'first_token_p95_ms', filter),
      await readOne('usage', 'tokens', filter),
      await readOne('usage', 'cost_usd', filter),
    ]).toEqual([0, 0, null, null, null, 0, 0]);
  });

  it('[OPS-5] percentiles of what was answered, and of what had content', async () => {
    expect(await readOne('latency', 'latency_p95_ms')).toBe(910);
    expect(await readOne('latency', 'latency_p95_ms', { group: ['grp_o'] })).toBe(100);
    expect(await readOne('first-content', 'first_token_p95_ms')).toBe(29.475);
  });

  it('[OPS-5] adds up tokens and exact costs of attempts, and counts those without a price', async () => {
    const figures = await read('usage', [
      { metric: 'tokens', filter: {} },
      { metric: 'cost_usd', filter: {} },
      { metric: 'unpriced_requests', filter: {} },
      { metric: 'tokens', filter: { account: ['acc_2'] } },
      { metric: 'cost_usd', filter: { platform: ['openai'] } },
    ]);
    expect(figures).toEqual([
      '654336.000000000000',
      '123456.000000000003',
      '1.000000000000',
      '650000.000000000000',
      '0.000000000000',
    ]);
  });

  it("[OPS-5] accounts in error, by platform, account and group; disabled ones are nobody's worry", async () => {
    const { sql } = database.db;
    await sql`
      insert into accounts (id, name, platform, kind, base_url, sealed_credentials, status) values
        ('acc_1', 'a1', 'anthropic', 'api-key', 'https://x', 's', 'error'),
        ('acc_2', 'a2', 'openai', 'api-key', 'https://x', 's', 'active'),
        ('acc_3', 'a3', 'openai', 'api-key', 'https://x', 's', 'disabled')`;
    await sql`insert into account_groups (account_id, group_id) values ('acc_2', 'grp_o')`;
    const list = async (filter: FigureQuestion['filter']) =>
      (await listAlertAccounts(database.db, filter, LIMITS)).map(({ id, isInError }) => `${id} ${isInError}`);
    expect(await list({})).toEqual(['acc_1 true', 'acc_2 false']);
    expect(await list({ platform: ['openai'] })).toEqual(['acc_2 false']);
    expect(await list({ account: ['acc_1'] })).toEqual(['acc_1 true']);
    expect(await list({ group: ['grp_o'] })).toEqual(['acc_2 false']);
  });
});
