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
  uniqueIndex,
  type AnyPgColumn,
} from 'drizzle-orm/pg-core';
import type {
  AlertChannelConfig,
  AlertChannelKind,
  AlertComparison,
  AlertDeliveryKind,
  AlertDeliveryState,
  AlertEventState,
  AlertFilter,
  AlertMetric,
  AlertRuleState,
  AlertSeverity,
} from '@tollgate/core';

const figure = (name: string) => numeric(name, { precision: 30, scale: 12 });
const moment = (name: string) => timestamp(name, { withTimezone: true });

/** OPS-5: where alerts go. */
export const alertChannels = pgTable(
  'alert_channels',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull().unique(),
    kind: text('kind').$type<AlertChannelKind>().notNull(),
    /** Recipients of an e-mail channel; of all others the URL's host. */
    config: jsonb('config').$type<AlertChannelConfig>().notNull(),
    /** Sealed under buildAlertSealContext(id, 'url'); NULL = e-mail. Write-only: such URLs hold tokens. */
    sealedUrl: text('sealed_url'),
    /** What messages are signed with, sealed under buildAlertSealContext(id, 'secret'); NULL = not signed. Write-only. */
    sealedSecret: text('sealed_secret'),
    isEnabled: boolean('is_enabled').notNull().default(true),
    createdAt: moment('created_at').notNull().defaultNow(),
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('alert_channels_kind', sql`${table.kind} in ('email', 'webhook', 'slack', 'feishu', 'dingtalk')`),
    check('alert_channels_url', sql`(${table.kind} = 'email') = (${table.sealedUrl} is null)`),
    check(
      'alert_channels_secret',
      sql`${table.sealedSecret} is null or ${table.kind} in ('webhook', 'feishu', 'dingtalk')`,
    ),
    check('alert_channels_config', sql`jsonb_typeof(${table.config}) = 'object'`),
  ],
);

/** What is watched. What an evaluation learns is in alert_rule_states: it never writes here. */
export const alertRules = pgTable(
  'alert_rules',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull().unique(),
    /** Order of evaluation and of lists, from 1, without gaps; then by id. */
    position: integer('position').notNull(),
    /** See ALERT_METRICS of core. */
    metric: text('metric').$type<AlertMetric>().notNull(),
    filter: jsonb('filter')
      .$type<AlertFilter>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    /** above | below */
    comparison: text('comparison').$type<AlertComparison>().notNull(),
    /** In the metric's unit. */
    threshold: figure('threshold').notNull(),
    windowMinutes: integer('window_minutes').notNull().default(5),
    /** The condition must have held for so long; 0 = it fires at once. */
    forMinutes: integer('for_minutes').notNull().default(0),
    severity: text('severity').$type<AlertSeverity>().notNull().default('warning'),
    /** Least time between two notifications of firing. */
    coolDownMinutes: integer('cool_down_minutes').notNull().default(60),
    /** NULL = events are recorded, nobody is told. */
    channelId: text('channel_id').references(() => alertChannels.id),
    /** Used when the channel has failed; NULL = none. */
    fallbackChannelId: text('fallback_channel_id').references(() => alertChannels.id),
    isEnabled: boolean('is_enabled').notNull().default(true),
    createdAt: moment('created_at').notNull().defaultNow(),
    /** Moves of its position aside. */
    updatedAt: moment('updated_at').notNull().defaultNow(),
  },
  (table) => [
    check('alert_rules_position', sql`${table.position} > 0`),
    check('alert_rules_filter', sql`jsonb_typeof(${table.filter}) = 'object'`),
    check('alert_rules_comparison', sql`${table.comparison} in ('above', 'below')`),
    check('alert_rules_threshold', sql`${table.threshold} >= 0 and ${table.threshold} <> 'NaN'`),
    check('alert_rules_window', sql`${table.windowMinutes} between 1 and 1440`),
    check('alert_rules_for', sql`${table.forMinutes} between 0 and 1440`),
    check('alert_rules_severity', sql`${table.severity} in ('info', 'warning', 'critical')`),
    check('alert_rules_cool_down', sql`${table.coolDownMinutes} between 0 and 10080`),
    check(
      'alert_rules_fallback',
      sql`${table.fallbackChannelId} is null or (${table.channelId} is not null and ${table.channelId} <> ${table.fallbackChannelId})`,
    ),
  ],
);

/** What the evaluator knows of a rule; no row = it has not looked yet. */
export const alertRuleStates = pgTable(
  'alert_rule_states',
  {
    ruleId: text('rule_id')
      .primaryKey()
      .references(() => alertRules.id, { onDelete: 'cascade' }),
    /** ok | pending | firing */
    state: text('state').$type<AlertRuleState>().notNull().default('ok'),
    /** In this state since. */
    since: moment('since').notNull(),
    /** NULL = there was no figure. */
    lastValue: figure('last_value'),
    lastEvaluatedAt: moment('last_evaluated_at'),
    /** Of firing; NULL = never. */
    lastNotifiedAt: moment('last_notified_at'),
    /** The open event; NULL = none. */
    eventId: text('event_id').references((): AnyPgColumn => alertEvents.id, { onDelete: 'set null' }),
    /** Why the last evaluation gave no answer; NULL = it did. */
    fault: text('fault'),
  },
  (table) => [check('alert_rule_states_state', sql`${table.state} in ('ok', 'pending', 'firing')`)],
);

/** A rule that fired. It outlives the rule, so what it was is copied in. */
export const alertEvents = pgTable(
  'alert_events',
  {
    id: text('id').primaryKey(),
    /** NULL = the rule is gone. */
    ruleId: text('rule_id').references(() => alertRules.id, { onDelete: 'set null' }),
    ruleName: text('rule_name').notNull(),
    severity: text('severity').$type<AlertSeverity>().notNull(),
    metric: text('metric').$type<AlertMetric>().notNull(),
    filter: jsonb('filter')
      .$type<AlertFilter>()
      .notNull()
      .default(sql`'{}'::jsonb`),
    comparison: text('comparison').$type<AlertComparison>().notNull(),
    threshold: figure('threshold').notNull(),
    /** firing | resolved */
    state: text('state').$type<AlertEventState>().notNull().default('firing'),
    firedAt: moment('fired_at').notNull(),
    /** NULL = it still fires. */
    resolvedAt: moment('resolved_at'),
    valueAtFire: figure('value_at_fire').notNull(),
    /** NULL = it still fires, or there was no figure. */
    valueAtResolve: figure('value_at_resolve'),
    /** A silence kept its notification of firing back. */
    silenced: boolean('silenced').notNull().default(false),
  },
  (table) => [
    /** Event list, newest first. */
    index('alert_events_fired_at').on(table.firedAt, table.id),
    /** Events of one rule, newest first. */
    index('alert_events_rule').on(table.ruleId, table.firedAt),
    /** A rule has one open event at most, whoever evaluates. */
    uniqueIndex('alert_events_open')
      .on(table.ruleId)
      .where(sql`${table.state} = 'firing'`),
    check('alert_events_severity', sql`${table.severity} in ('info', 'warning', 'critical')`),
    check('alert_events_comparison', sql`${table.comparison} in ('above', 'below')`),
    check('alert_events_state', sql`${table.state} in ('firing', 'resolved')`),
    check('alert_events_resolved', sql`(${table.state} = 'resolved') = (${table.resolvedAt} is not null)`),
  ],
);

/** While one holds, what it covers is recorded and not told; see isSilenced of core. */
export const alertSilences = pgTable(
  'alert_silences',
  {
    id: text('id').primaryKey(),
    /** NULL = every rule. */
    ruleId: text('rule_id').references(() => alertRules.id, { onDelete: 'cascade' }),
    /** NULL = whatever the rule filters by. */
    filter: jsonb('filter').$type<AlertFilter>(),
    startsAt: moment('starts_at').notNull(),
    endsAt: moment('ends_at').notNull(),
    reason: text('reason').notNull().default(''),
    /** Id of the person or token. */
    createdBy: text('created_by').notNull(),
    createdAt: moment('created_at').notNull().defaultNow(),
  },
  (table) => [
    /** Those that hold or will. */
    index('alert_silences_ends_at').on(table.endsAt),
    check('alert_silences_filter', sql`jsonb_typeof(${table.filter}) = 'object'`),
    check('alert_silences_period', sql`${table.endsAt} >= ${table.startsAt}`),
  ],
);

/** Messages to be sent, written in the transaction of the event's change (an outbox). */
export const alertDeliveries = pgTable(
  'alert_deliveries',
  {
    id: text('id').primaryKey(),
    /** NULL = a test of the channel. */
    eventId: text('event_id').references(() => alertEvents.id, { onDelete: 'cascade' }),
    /** firing | resolved | test */
    kind: text('kind').$type<AlertDeliveryKind>().notNull(),
    /** NULL = the channel is gone. */
    channelId: text('channel_id').references(() => alertChannels.id, { onDelete: 'set null' }),
    channelName: text('channel_name').notNull(),
    /** Sent there because the rule's own channel failed. */
    isFallback: boolean('is_fallback').notNull().default(false),
    /** waiting | sent | failed (given up) */
    state: text('state').$type<AlertDeliveryState>().notNull().default('waiting'),
    /** Failed ones. */
    tries: integer('tries').notNull().default(0),
    /** Not before. */
    nextTryAt: moment('next_try_at').notNull().defaultNow(),
    /** Without secrets; NULL = no try failed. */
    lastError: text('last_error'),
    createdAt: moment('created_at').notNull().defaultNow(),
    sentAt: moment('sent_at'),
  },
  (table) => [
    /** What is due. */
    index('alert_deliveries_next_try')
      .on(table.nextTryAt)
      .where(sql`${table.state} = 'waiting'`),
    /** All of one event. */
    index('alert_deliveries_event').on(table.eventId),
    /** All through one channel, newest first. */
    index('alert_deliveries_channel').on(table.channelId, table.id),
    check('alert_deliveries_kind', sql`${table.kind} in ('firing', 'resolved', 'test')`),
    check('alert_deliveries_event_kind', sql`(${table.kind} = 'test') = (${table.eventId} is null)`),
    check('alert_deliveries_state', sql`${table.state} in ('waiting', 'sent', 'failed')`),
    check('alert_deliveries_sent', sql`(${table.state} = 'sent') = (${table.sentAt} is not null)`),
    check('alert_deliveries_tries', sql`${table.tries} >= 0`),
  ],
);
