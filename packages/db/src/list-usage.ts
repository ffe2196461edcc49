import { and, desc, eq, gte, lt, sql, type SQL } from 'drizzle-orm';
import { formatMultiplier, formatUsd, parseMultiplier, parseUsd, type AttemptState } from '@tollgate/core';
import type { Database } from './open-database.ts';
import { accounts, groups, keys, usage, users } from './schema/index.ts';

export interface UsageQuery {
  user_email?: string;
  user_id?: string;
  /** The name that the client asked for. */
  model?: string;
  request_id?: string;
  state?: AttemptState;
  account_id?: string;
  group_id?: string;
  key_id?: string;
  /** From this moment on, and before that one. */
  from?: Date;
  to?: Date;
  /** Rows after this one, i.e. older ones: `at` and `attempt_id` of the last row seen. */
  after?: UsageCursor;
  /** 1 to 500; default 100. */
  limit?: number;
}

export interface UsageCursor {
  /** ISO 8601, as the row has it. */
  at: string;
  attempt_id: string;
}

/** One attempt for people and programs. Names where they exist still, ids where they do not. */
export interface UsageListRow {
  request_id: string;
  attempt_id: string;
  /** ISO 8601, UTC, milliseconds. */
  at: string;
  user: string;
  key: string;
  group: string;
  account: string;
  protocol: string;
  model: string;
  upstream_model: string;
  stream: boolean;
  status: number;
  state: AttemptState;
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  /** USD, shortest exact decimal. While `state` is `unknown` nobody knows it, and it is not 0 but not counted. */
  standard_cost_usd: string;
  actual_cost_usd: string;
  duration_ms: number;
  first_token_ms: number | null;
  error_code: string | null;
  upstream_request_id: string | null;
  /** null = not priced. */
  price_version: string | null;
  rate_multiplier: string;
}

const LIMIT_DEFAULT = 100;

const LIMIT_MAX = 500;

/** Attempts, newest first, in pages by key: a page costs the same however far back. */
export async function listUsage(db: Database, query: UsageQuery = {}): Promise<UsageListRow[]> {
  const rows = await db
    .select(SELECTION)
    .from(usage)
    .leftJoin(users, eq(users.id, usage.userId))
    .leftJoin(keys, eq(keys.id, usage.keyId))
    .leftJoin(groups, eq(groups.id, usage.groupId))
    .leftJoin(accounts, eq(accounts.id, usage.accountId))
    .where(buildFilter(query))
    .orderBy(desc(usage.at), desc(usage.attemptId))
    .limit(Math.min(LIMIT_MAX, Math.max(1, Math.trunc(query.limit ?? LIMIT_DEFAULT))));
  return rows.map((row) =>
    Object.assign(row, {
      at: row.at.toISOString(),
      state: row.state as AttemptState,
      standard_cost_usd: formatUsd(parseUsd(row.standard_cost_usd)),
      actual_cost_usd: formatUsd(parseUsd(row.actual_cost_usd)),
      rate_multiplier: formatMultiplier(parseMultiplier(row.rate_multiplier)),
    }),
  );
}

function buildFilter(query: UsageQuery): SQL | undefined {
  const { user_email: email, model, request_id: requestId, state, after } = query;
  return and(
    // By id, so that the index on (user_id, at) serves it.
    email === undefined
      ? undefined
      : sql`${usage.userId} = (select id from users where email = ${email.toLowerCase()})`,
    query.user_id === undefined ? undefined : eq(usage.userId, query.user_id),
    model === undefined ? undefined : eq(usage.model, model),
    requestId === undefined ? undefined : eq(usage.requestId, requestId),
    state === undefined ? undefined : eq(usage.state, state),
    query.account_id === undefined ? undefined : eq(usage.accountId, query.account_id),
    query.group_id === undefined ? undefined : eq(usage.groupId, query.group_id),
    query.key_id === undefined ? undefined : eq(usage.keyId, query.key_id),
    query.from && gte(usage.at, query.from),
    query.to && lt(usage.at, query.to),
    after && sql`(${usage.at}, ${usage.attemptId}) < (${after.at}::timestamptz, ${after.attempt_id})`,
  );
}

const SELECTION = {
  request_id: usage.requestId,
  attempt_id: usage.attemptId,
  at: usage.at,
  user: sql<string>`coalesce(${users.email}, ${usage.userId})`,
  key: sql<string>`coalesce(${keys.name}, ${usage.keyId})`,
  group: sql<string>`coalesce(${groups.name}, ${usage.groupId})`,
  account: sql<string>`coalesce(${accounts.name}, ${usage.accountId})`,
  protocol: usage.protocol,
  model: usage.model,
  upstream_model: usage.upstreamModel,
  stream: usage.stream,
  status: usage.status,
  state: usage.state,
  input_tokens: usage.inputTokens,
  cache_read_tokens: usage.cacheReadTokens,
  cache_write_5m_tokens: usage.cacheWrite5mTokens,
  cache_write_1h_tokens: usage.cacheWrite1hTokens,
  output_tokens: usage.outputTokens,
  reasoning_tokens: usage.reasoningTokens,
  standard_cost_usd: usage.standardCost,
  actual_cost_usd: usage.actualCost,
  duration_ms: usage.durationMs,
  first_token_ms: usage.firstTokenMs,
  error_code: usage.errorCode,
  upstream_request_id: usage.upstreamRequestId,
  price_version: usage.priceVersion,
  rate_multiplier: usage.rateMultiplier,
};
