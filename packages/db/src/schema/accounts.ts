import { sql } from 'drizzle-orm';
import {
  boolean,
  check,
  index,
  integer,
  jsonb,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { groups } from './groups.ts';

/** One upstream credential. */
export const accounts = pgTable(
  'accounts',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull().unique(),
    platform: text('platform').notNull(),
    /** api-key | oauth | setup-token */
    kind: text('kind').notNull(),
    baseUrl: text('base_url').notNull(),
    /** AES-256-GCM, see seal-secret.ts. Write-only through the API. */
    sealedCredentials: text('sealed_credentials').notNull(),
    /** Parallel requests; 0 = no limit. */
    concurrency: integer('concurrency').notNull().default(3),
    /** Lower goes first. */
    priority: integer('priority').notNull().default(50),
    /** active | disabled | error */
    status: text('status').notNull().default('active'),
    schedulable: boolean('schedulable').notNull().default(true),
    /** NULL = never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    /** Requested name (exact or trailing *) → upstream name; not empty = allow-list. */
    modelMapping: jsonb('model_mapping')
      .$type<Record<string, string>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('accounts_platform', sql`${table.platform} in ('anthropic', 'openai', 'gemini', 'antigravity')`),
    check('accounts_kind', sql`${table.kind} in ('api-key', 'oauth', 'setup-token')`),
    check('accounts_status', sql`${table.status} in ('active', 'disabled', 'error')`),
    check('accounts_limits', sql`${table.concurrency} >= 0`),
    check('accounts_model_mapping', sql`jsonb_typeof(${table.modelMapping}) = 'object'`),
  ],
);

export const accountGroups = pgTable(
  'account_groups',
  {
    accountId: text('account_id')
      .notNull()
      .references(() => accounts.id, { onDelete: 'cascade' }),
    groupId: text('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    /** NULL = the account's own priority. */
    priority: integer('priority'),
  },
  (table) => [
    primaryKey({ columns: [table.accountId, table.groupId] }),
    /** Pool snapshot: all accounts of a group. */
    index('account_groups_group').on(table.groupId),
  ],
);
