import { sql } from 'drizzle-orm';
import {
  check,
  index,
  integer,
  jsonb,
  numeric,
  pgTable,
  text,
  timestamp,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';
import type { GroupDeadlines, ModelRoute } from '@tollgate/core';

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
    /** Tokens a minute of one user in this group; 0 = no limit. */
    tpm: integer('tpm').notNull().default(0),
    /** none | claude-code: who may use the group (SEL-6) */
    clientRestriction: text('client_restriction').notNull().default('none'),
    /** Where other clients go; NULL = they are refused. */
    fallbackGroupId: text('fallback_group_id').references((): AnyPgColumn => groups.id, {
      onDelete: 'restrict',
    }),
    /** Tried once when the upstream refuses a request that it may accept; NULL = none. */
    invalidRequestFallbackGroupId: text('invalid_request_fallback_group_id').references(
      (): AnyPgColumn => groups.id,
      { onDelete: 'restrict' },
    ),
    /** The first pattern that fits replaces the candidates (SEL-1); empty = no routing. */
    modelRouting: jsonb('model_routing')
      .$type<ModelRoute[]>()
      .notNull()
      .default(sql`'[]'::jsonb`),
    /** How long a request may wait for a slot of its user or key, ms. */
    queueTimeoutMs: integer('queue_timeout_ms').notNull().default(60_000),
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
    /** Deletion: who falls back to this group. */
    index('groups_fallback').on(table.fallbackGroupId),
    index('groups_invalid_request_fallback').on(table.invalidRequestFallbackGroupId),
    check('groups_platform', sql`${table.platform} in ('anthropic', 'openai', 'gemini', 'antigravity')`),
    check('groups_status', sql`${table.status} in ('active', 'disabled')`),
    check('groups_type', sql`${table.type} in ('standard', 'subscription')`),
    check('groups_unpriced_models', sql`${table.unpricedModels} in ('refuse', 'allow')`),
    check('groups_limits', sql`${table.rateMultiplier} >= 0 and ${table.rpm} >= 0`),
    check('groups_deadlines', sql`jsonb_typeof(${table.deadlines}) = 'object'`),
    check('groups_tpm', sql`${table.tpm} between 0 and 1000000000`),
    check('groups_client_restriction', sql`${table.clientRestriction} in ('none', 'claude-code')`),
    check(
      'groups_own_fallback',
      sql`${table.fallbackGroupId} <> ${table.id} and ${table.invalidRequestFallbackGroupId} <> ${table.id}`,
    ),
    check('groups_model_routing', sql`jsonb_typeof(${table.modelRouting}) = 'array'`),
    check('groups_queue_timeout', sql`${table.queueTimeoutMs} between 1 and 3600000`),
  ],
);
