import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import type { ExtraUsage, MediaUsage } from '@tollgate/core';

/**
 * One row an attempt, written once by the journal shipper. No foreign keys: usage outlives what it names,
 * so names are copied in. Costs in USD with 12 decimals. Partitioned by month of `at`, with a partition for what has no
 * month yet (see partitions/), so its key holds `at`: an attempt has one id and one `at`.
 */
export const usage = pgTable(
  'usage',
  {
    attemptId: text('attempt_id').notNull(),
    requestId: text('request_id').notNull(),
    nodeId: text('node_id').notNull(),
    /** When the attempt was opened. */
    at: timestamp('at', { withTimezone: true }).notNull(),
    userId: text('user_id').notNull(),
    keyId: text('key_id').notNull(),
    groupId: text('group_id').notNull(),
    accountId: text('account_id').notNull(),
    protocol: text('protocol').notNull(),
    model: text('model').notNull(),
    upstreamModel: text('upstream_model').notNull(),
    stream: boolean('stream').notNull(),
    /** HTTP status of the attempt; 499 = client left; 0 = unknown. */
    status: integer('status').notNull(),
    /** settled | estimated | failed | unknown */
    state: text('state').notNull(),
    /** Our error code; NULL = none. */
    errorCode: text('error_code'),
    inputTokens: integer('input_tokens').notNull(),
    cacheReadTokens: integer('cache_read_tokens').notNull(),
    cacheWrite5mTokens: integer('cache_write_5m_tokens').notNull(),
    cacheWrite1hTokens: integer('cache_write_1h_tokens').notNull(),
    outputTokens: integer('output_tokens').notNull(),
    reasoningTokens: integer('reasoning_tokens').notNull(),
    toolPromptTokens: integer('tool_prompt_tokens').notNull(),
    webSearchRequests: integer('web_search_requests').notNull(),
    /** Work billed beside the totals; NULL = none. */
    extra: jsonb('extra').$type<ExtraUsage[]>(),
    /** NULL = not priced. */
    priceVersion: text('price_version'),
    rateMultiplier: numeric('rate_multiplier', { precision: 12, scale: 6 }).notNull(),
    standardCost: numeric('standard_cost', { precision: 30, scale: 12 }).notNull(),
    actualCost: numeric('actual_cost', { precision: 30, scale: 12 }).notNull(),
    durationMs: integer('duration_ms').notNull(),
    /** NULL = no content came. */
    firstTokenMs: integer('first_token_ms'),
    upstreamRequestId: text('upstream_request_id'),
    /** Whose windows paid; NULL = the balance did. */
    subscriptionId: text('subscription_id'),
    /** Counts above 0 of what is not text; NULL = none. */
    media: jsonb('media').$type<Partial<MediaUsage>>(),
    /** Booked as unknown first, and replaced by what was learned later. */
    wasUnknown: boolean('was_unknown').notNull().default(false),
  },
  (table) => [
    primaryKey({ columns: [table.attemptId, table.at] }),
    /** usage list, newest first */
    index('usage_at').on(table.at, table.attemptId),
    /** usage of one user, newest first */
    index('usage_user_at').on(table.userId, table.at),
    /** LIM-8: cost of one account since its window began */
    index('usage_account_at').on(table.accountId, table.at),
    /** one request with all its attempts */
    index('usage_request').on(table.requestId),
    check('usage_state', sql`${table.state} in ('settled', 'estimated', 'failed', 'unknown')`),
    check('usage_costs', sql`${table.standardCost} >= 0 and ${table.actualCost} >= 0`),
  ],
);
