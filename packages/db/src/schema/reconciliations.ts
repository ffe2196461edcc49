import { sql } from 'drizzle-orm';
import {
  bigint,
  check,
  integer,
  jsonb,
  numeric,
  pgTable,
  primaryKey,
  text,
  timestamp,
  uniqueIndex,
} from 'drizzle-orm/pg-core';

/** What a side counts; NULL = it does not say. Tokens of one class each: full-price input only. */
const counts = () => ({
  requests: bigint('requests', { mode: 'number' }),
  inputTokens: bigint('input_tokens', { mode: 'number' }),
  cacheReadTokens: bigint('cache_read_tokens', { mode: 'number' }),
  cacheWrite5mTokens: bigint('cache_write_5m_tokens', { mode: 'number' }),
  cacheWrite1hTokens: bigint('cache_write_1h_tokens', { mode: 'number' }),
  outputTokens: bigint('output_tokens', { mode: 'number' }),
  webSearchRequests: bigint('web_search_requests', { mode: 'number' }),
  /** USD */
  cost: numeric('cost', { precision: 30, scale: 12 }),
});

/** MON-13: one usage export of a provider, compared with our books. */
export const reconciliations = pgTable(
  'reconciliations',
  {
    id: text('id').primaryKey(),
    /** No foreign key: the report outlives the account. */
    accountId: text('account_id').notNull(),
    accountName: text('account_name').notNull(),
    /** anthropic | openai */
    provider: text('provider').notNull(),
    fileName: text('file_name').notNull(),
    /** SHA-256 of the file, hex: the same one again gives the same report. */
    fileHash: text('file_hash').notNull(),
    /** open (rows come in) | done (compared) */
    status: text('status').notNull().default('open'),
    /** Parts of the file that have come, in order. */
    parts: integer('parts').notNull().default(0),
    /** Rows of the export that have come. */
    items: integer('items').notNull().default(0),
    /** request | period: what rows were matched by; NULL while open. */
    matchedBy: text('matched_by'),
    /** The time that the export speaks of; NULL while open. */
    fromAt: timestamp('from_at', { withTimezone: true }),
    toAt: timestamp('to_at', { withTimezone: true }),
    /** Requests that only the provider knows, and that only we know; NULL where periods were compared. */
    missingOurs: integer('missing_ours'),
    missingTheirs: integer('missing_theirs'),
    /** Some of them, for a look. */
    missingSample: jsonb('missing_sample').$type<{ ours: string[]; theirs: string[] }>(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    finishedAt: timestamp('finished_at', { withTimezone: true }),
  },
  (table) => [
    /** A file counts once for an account. */
    uniqueIndex('reconciliations_file')
      .on(table.accountId, table.fileHash)
      .where(sql`${table.status} = 'done'`),
    check('reconciliations_provider', sql`${table.provider} in ('anthropic', 'openai')`),
    check('reconciliations_status', sql`${table.status} in ('open', 'done')`),
    check('reconciliations_matched_by', sql`${table.matchedBy} in ('request', 'period')`),
  ],
);

/** Rows of an export until they are compared; then they go. */
export const reconciliationItems = pgTable(
  'reconciliation_items',
  {
    reconciliationId: text('reconciliation_id')
      .notNull()
      .references(() => reconciliations.id, { onDelete: 'cascade' }),
    /** Place in the export. */
    n: integer('n').notNull(),
    fromAt: timestamp('from_at', { withTimezone: true }).notNull(),
    toAt: timestamp('to_at', { withTimezone: true }).notNull(),
    /** NULL = all models together. */
    model: text('model'),
    /** The provider's id of the request; NULL = the row is a sum. */
    requestId: text('request_id'),
    ...counts(),
  },
  (table) => [primaryKey({ columns: [table.reconciliationId, table.n] })],
);

/** The drift: one row for a side (ours | theirs) of each period and model. */
export const reconciliationRows = pgTable(
  'reconciliation_rows',
  {
    reconciliationId: text('reconciliation_id')
      .notNull()
      .references(() => reconciliations.id, { onDelete: 'cascade' }),
    /** An hour, or the period that the export sums up. */
    fromAt: timestamp('from_at', { withTimezone: true }).notNull(),
    toAt: timestamp('to_at', { withTimezone: true }).notNull(),
    /** `*` = all models together. */
    model: text('model').notNull(),
    /** ours | theirs */
    side: text('side').notNull(),
    ...counts(),
  },
  (table) => [
    primaryKey({
      columns: [table.reconciliationId, table.fromAt, table.model, table.side],
    }),
    check('reconciliation_rows_side', sql`${table.side} in ('ours', 'theirs')`),
  ],
);
