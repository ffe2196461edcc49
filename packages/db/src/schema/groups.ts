import { sql } from 'drizzle-orm';
import {
  boolean,
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
import type { GroupDeadlines, MessagesDispatch, ModelRoute, ModelScope } from '@tollgate/core';

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
    /** Users may make keys of their own in it. */
    selfService: boolean('self_service').notNull().default(false),
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
    /** USD that a subscription to the group may spend in 24 h, 7 d, 30 d from first use (MON-9); NULL = no limit. */
    limitDay: numeric('limit_day', { precision: 30, scale: 12 }),
    limitWeek: numeric('limit_week', { precision: 30, scale: 12 }),
    limitMonth: numeric('limit_month', { precision: 30, scale: 12 }),
    /** USD: most that admission holds of an estimate (MON-4); NULL = all of it. */
    holdMax: numeric('hold_max', { precision: 30, scale: 12 }),
    /** abort | drain: what happens upstream when the client hangs up (MON-7) */
    hangUp: text('hang_up').notNull().default('abort'),
    /** How long and for how many tokens of output a drain reads on. */
    drainMs: integer('drain_ms').notNull().default(30_000),
    drainTokens: integer('drain_tokens').notNull().default(8_192),
    /** USD an image of the size, standard price; NULL = the price book's. */
    imagePrice1k: numeric('image_price_1k', { precision: 30, scale: 12 }),
    imagePrice2k: numeric('image_price_2k', { precision: 30, scale: 12 }),
    imagePrice4k: numeric('image_price_4k', { precision: 30, scale: 12 }),
    /** API-4: how groups of openai take calls of Anthropic's Messages. */
    messagesDispatch: jsonb('messages_dispatch')
      .$type<MessagesDispatch>()
      .notNull()
      .default(sql`'{"allowed": true, "families": {}, "defaultModel": null}'::jsonb`),
    /** API-7, of antigravity: claude | gemini_text | gemini_image; NULL = everything. */
    modelScopes: jsonb('model_scopes').$type<ModelScope[]>(),
    /** API-7, of antigravity: MCP tools are called in XML. */
    mcpXmlInject: boolean('mcp_xml_inject').notNull().default(false),
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
    check('groups_model_scopes', sql`jsonb_typeof(${table.modelScopes}) = 'array'`),
    check('groups_messages_dispatch', sql`jsonb_typeof(${table.messagesDispatch}) = 'object'`),
    check('groups_queue_timeout', sql`${table.queueTimeoutMs} between 1 and 3600000`),
    check(
      'groups_money_limits',
      sql`least(${table.limitDay}, ${table.limitWeek}, ${table.limitMonth}) > 0 and greatest(${table.limitDay}, ${table.limitWeek}, ${table.limitMonth}) <= 1000000`,
    ),
    check('groups_hold_max', sql`${table.holdMax} between 0 and 1000000`),
    check('groups_hang_up', sql`${table.hangUp} in ('abort', 'drain')`),
    check(
      'groups_drain',
      sql`${table.drainMs} between 0 and 3600000 and ${table.drainTokens} between 0 and 10000000`,
    ),
    check(
      'groups_image_prices',
      sql`least(${table.imagePrice1k}, ${table.imagePrice2k}, ${table.imagePrice4k}) >= 0 and greatest(${table.imagePrice1k}, ${table.imagePrice2k}, ${table.imagePrice4k}) <= 1000`,
    ),
  ],
);
