import { sql } from 'drizzle-orm';
import { check, integer, jsonb, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { GroupDeadlines } from '@tollgate/core';

/** A product that keys are sold into. */
export const groups = pgTable(
  'groups',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull().unique(),
    /** anthropic | openai | gemini | antigravity */
    platform: text('platform').notNull(),
    /** active | disabled */
    status: text('status').notNull().default('active'),
    /** standard (paid from the balance) | subscription (paid from windows) */
    type: text('type').notNull().default('standard'),
    /** actual cost = standard cost × this; 0 = free */
    rateMultiplier: numeric('rate_multiplier', { precision: 12, scale: 6 }).notNull().default('1'),
    /** Requests a minute of one user in this group; 0 = no limit. */
    rpm: integer('rpm').notNull().default(0),
    /** refuse | allow: models without a price */
    unpricedModels: text('unpriced_models').notNull().default('refuse'),
    /** Partial; missing fields take the defaults of core. ms */
    deadlines: jsonb('deadlines')
      .$type<Partial<GroupDeadlines>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('groups_platform', sql`${table.platform} in ('anthropic', 'openai', 'gemini', 'antigravity')`),
    check('groups_status', sql`${table.status} in ('active', 'disabled')`),
    check('groups_type', sql`${table.type} in ('standard', 'subscription')`),
    check('groups_unpriced_models', sql`${table.unpricedModels} in ('refuse', 'allow')`),
    check('groups_limits', sql`${table.rateMultiplier} >= 0 and ${table.rpm} >= 0`),
    check('groups_deadlines', sql`jsonb_typeof(${table.deadlines}) = 'object'`),
  ],
);
