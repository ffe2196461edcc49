import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  index,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uuid,
} from 'drizzle-orm/pg-core';

/** Sums of `usage` by hour and by what it is about; moved in the transaction that books an attempt. */
export const usageHourly = pgTable(
  'usage_hourly',
  {
    /** Its first moment, UTC. */
    hour: timestamp('hour', { withTimezone: true }).notNull(),
    /** A hash of the seven texts below, which do not fit into an index page: tollgate_usage_dimensions(…). */
    dimensions: uuid('dimensions').notNull(),
    userId: text('user_id').notNull(),
    keyId: text('key_id').notNull(),
    groupId: text('group_id').notNull(),
    accountId: text('account_id').notNull(),
    /** The name the client asked for. */
    model: text('model').notNull(),
    protocol: text('protocol').notNull(),
    /** As in usage; an unknown attempt leaves its row when it is known. */
    state: text('state').notNull(),
    /** May come down to 0, where all were unknown and are known now. */
    attempts: bigint('attempts', { mode: 'number' }).notNull(),
    inputTokens: bigint('input_tokens', { mode: 'number' }).notNull(),
    cacheReadTokens: bigint('cache_read_tokens', { mode: 'number' }).notNull(),
    cacheWrite5mTokens: bigint('cache_write_5m_tokens', { mode: 'number' }).notNull(),
    cacheWrite1hTokens: bigint('cache_write_1h_tokens', { mode: 'number' }).notNull(),
    outputTokens: bigint('output_tokens', { mode: 'number' }).notNull(),
    reasoningTokens: bigint('reasoning_tokens', { mode: 'number' }).notNull(),
    toolPromptTokens: bigint('tool_prompt_tokens', { mode: 'number' }).notNull(),
    webSearchRequests: bigint('web_search_requests', { mode: 'number' }).notNull(),
    /** USD */
    standardCost: numeric('standard_cost', { precision: 30, scale: 12 }).notNull(),
    actualCost: numeric('actual_cost', { precision: 30, scale: 12 }).notNull(),
    durationMs: bigint('duration_ms', { mode: 'number' }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.hour, table.dimensions] }),
    /** One user's use over time. */
    index('usage_hourly_user').on(table.userId, table.hour),
    check('usage_hourly_state', sql`${table.state} in ('settled', 'estimated', 'failed', 'unknown')`),
  ],
);
