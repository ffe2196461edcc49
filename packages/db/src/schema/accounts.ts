import { sql } from 'drizzle-orm';
import {
  bigint,
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
import type { OpenAiProtocol, PauseRule } from '@tollgate/core';
import { groups } from './groups.ts';
import { proxies } from './proxies.ts';

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
    /** chat | responses: the only one that the host of an openai account speaks; NULL = both. */
    upstreamProtocol: text('upstream_protocol').$type<OpenAiProtocol>(),
    /** Google's project, for Code Assist and Antigravity; NULL = none. */
    project: text('project'),
    /** AES-256-GCM, see seal-secret.ts. Write-only through the API. */
    sealedCredentials: text('sealed_credentials').notNull(),
    /** Parallel requests; 0 = no limit. */
    concurrency: integer('concurrency').notNull().default(3),
    /** Lower goes first. */
    priority: integer('priority').notNull().default(50),
    /** active | disabled | error */
    status: text('status').notNull().default('active'),
    /** Why the gateway itself has set the status, or what went wrong last, for the admin; NULL = nothing. */
    statusReason: text('status_reason'),
    schedulable: boolean('schedulable').notNull().default(true),
    /** NULL = never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    /** Requested name (exact or trailing *) → upstream name; not empty = allow-list. */
    modelMapping: jsonb('model_mapping')
      .$type<Record<string, string>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** ACC-7: URL with user and password, sealed under buildProxySealContext; NULL = direct. Write-only. */
    sealedProxyUrl: text('sealed_proxy_url'),
    /** The same URL without user and password, for display. */
    proxyShown: text('proxy_shown'),
    /** The named proxy that the URL is a copy of; NULL = a URL of its own, or direct. */
    proxyId: text('proxy_id').references(() => proxies.id),
    /** LIM-7: live sessions; 0 = no limit. */
    sessionsMax: integer('sessions_max').notNull().default(0),
    sessionIdleMs: integer('session_idle_ms').notNull().default(300_000),
    /** LIM-8: standard cost a window in USD, from which on only sticky sessions go; NULL = no limit. */
    windowCostLimit: numeric('window_cost_limit', { precision: 30, scale: 12 }),
    /** USD that sticky sessions may go above it. */
    windowCostReserve: numeric('window_cost_reserve', { precision: 30, scale: 12 }).notNull().default('10'),
    /** WARM-1 */
    interceptsWarmUps: boolean('intercepts_warm_ups').notNull().default(false),
    /** HTTP statuses that are the client's own errors; NULL = the usual rules. */
    passedStatuses: jsonb('passed_statuses').$type<number[]>(),
    /** ACC-3: upstream status + words in the body → paused for minutes. */
    pauseRules: jsonb('pause_rules')
      .$type<PauseRule[]>()
      .notNull()
      .default(sql`'[]'::jsonb`),
    /** ACC-9: lower-case name → value that replaces the client's. */
    pinnedHeaders: jsonb('pinned_headers')
      .$type<Record<string, string>>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** ACC-6: when the token is to be refreshed, or tried again; NULL = not by itself. */
    nextRefreshAt: timestamp('next_refresh_at', { withTimezone: true }),
    /** NULL = never. */
    refreshedAt: timestamp('refreshed_at', { withTimezone: true }),
    /** Fingerprint of the credentials that an admin gave; NULL = the sealed ones are those. */
    refreshedFrom: text('refreshed_from'),
    /** Refreshes in a row that were begun and had no success. */
    refreshFailures: integer('refresh_failures').notNull().default(0),
    /** Rises with each lease and with new credentials: an older refresher may not write. */
    refreshFence: bigint('refresh_fence', { mode: 'bigint' })
      .notNull()
      .default(sql`0`),
    /** Somebody refreshes until then; NULL = nobody. In the past = it never came to its end. */
    refreshLeaseUntil: timestamp('refresh_lease_until', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    /** Refresh job: what is due. */
    index('accounts_next_refresh')
      .on(table.nextRefreshAt)
      .where(sql`${table.nextRefreshAt} is not null`),
    check('accounts_refresh', sql`${table.refreshFailures} >= 0 and ${table.refreshFence} >= 0`),
    check('accounts_platform', sql`${table.platform} in ('anthropic', 'openai', 'gemini', 'antigravity')`),
    check('accounts_kind', sql`${table.kind} in ('api-key', 'oauth', 'setup-token')`),
    check('accounts_status', sql`${table.status} in ('active', 'disabled', 'error')`),
    check('accounts_limits', sql`${table.concurrency} >= 0`),
    check('accounts_model_mapping', sql`jsonb_typeof(${table.modelMapping}) = 'object'`),
    check(
      'accounts_upstream_protocol',
      sql`${table.upstreamProtocol} is null or (${table.upstreamProtocol} in ('chat', 'responses') and ${table.platform} = 'openai')`,
    ),
    /** Proxies: which accounts go through one. */
    index('accounts_proxy_id').on(table.proxyId),
    check('accounts_named_proxy', sql`${table.proxyId} is null or ${table.sealedProxyUrl} is not null`),
    check('accounts_proxy', sql`(${table.sealedProxyUrl} is null) = (${table.proxyShown} is null)`),
    check(
      'accounts_sessions',
      sql`${table.sessionsMax} between 0 and 1000000000 and ${table.sessionIdleMs} between 1000 and 86400000`,
    ),
    check(
      'accounts_window_cost',
      sql`${table.windowCostLimit} between 0 and 1000000000 and ${table.windowCostReserve} between 0 and 1000000000`,
    ),
    check('accounts_passed_statuses', sql`jsonb_typeof(${table.passedStatuses}) = 'array'`),
    check('accounts_pause_rules', sql`jsonb_typeof(${table.pauseRules}) = 'array'`),
    check('accounts_pinned_headers', sql`jsonb_typeof(${table.pinnedHeaders}) = 'object'`),
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
