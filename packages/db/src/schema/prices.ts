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

/** Every price book that was ever in force, whole and immutable, so that past usage can be priced with it again. */
export const priceVersions = pgTable(
  'price_versions',
  {
    /** What usage rows keep. */
    version: text('version').primaryKey(),
    /** What made it: built-in (a program with another list) | import | manual */
    source: text('source').notNull(),
    /** Version of the program's own list below the operators' prices. */
    builtIn: text('built_in').notNull(),
    /** The whole list as JSON. Text, because the version names its bytes. */
    prices: text('prices').notNull(),
    /** Only what operators have put over the built-in list, as JSON. */
    layer: text('layer').notNull(),
    note: text('note'),
    /** Id of the admin token, or `system`. */
    actor: text('actor').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    /** versions, newest first */
    index('price_versions_created').on(table.createdAt, table.version),
    check('price_versions_source', sql`${table.source} in ('built-in', 'import', 'manual')`),
  ],
);

/** One row: the book in force. No row = the program's own list is. */
export const priceBook = pgTable(
  'price_book',
  {
    /** Always `this`. */
    id: text('id').primaryKey(),
    version: text('version')
      .notNull()
      .references(() => priceVersions.version),
    since: timestamp('since', { withTimezone: true }).notNull(),
  },
  (table) => [check('price_book_one', sql`${table.id} = 'this'`)],
);

/** What pricing past usage with another version would change; booked at most once. */
export const reratePlans = pgTable(
  'rerate_plans',
  {
    id: text('id').primaryKey(),
    /** Attempts opened from this moment on … */
    fromAt: timestamp('from_at', { withTimezone: true }).notNull(),
    /** … and before this one. */
    toAt: timestamp('to_at', { withTimezone: true }).notNull(),
    version: text('version')
      .notNull()
      .references(() => priceVersions.version),
    /** What else was asked for, e.g. a user. */
    filter: jsonb('filter').notNull(),
    /** Goes into the ledger. */
    reason: text('reason').notNull(),
    /** Attempts that were looked at. */
    rowsSeen: integer('rows_seen').notNull(),
    /** Attempts whose cost would be another. */
    rowsChanged: integer('rows_changed').notNull(),
    /** Attempts of which something has no price in this version either; what has none is left out. */
    rowsUnpriced: integer('rows_unpriced').notNull(),
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull(),
    bookedBy: text('booked_by'),
    /** NULL = not booked. */
    bookedAt: timestamp('booked_at', { withTimezone: true }),
  },
  (table) => [
    /** plans, newest first */
    index('rerate_plans_created').on(table.createdAt, table.id),
    check('rerate_plans_booked', sql`(${table.bookedBy} is null) = (${table.bookedAt} is null)`),
  ],
);

/** One attempt of a plan: what it was when the plan was made, and what it would be. Costs in USD. */
export const rerateRows = pgTable(
  'rerate_rows',
  {
    planId: text('plan_id')
      .notNull()
      .references(() => reratePlans.id, { onDelete: 'cascade' }),
    attemptId: text('attempt_id').notNull(),
    at: timestamp('at', { withTimezone: true }).notNull(),
    userId: text('user_id').notNull(),
    upstreamModel: text('upstream_model').notNull(),
    state: text('state').notNull(),
    /** False: a subscription paid, and no balance moves. */
    paidFromBalance: boolean('paid_from_balance').notNull(),
    /** NULL = it was not priced. */
    oldVersion: text('old_version'),
    oldStandard: numeric('old_standard', { precision: 30, scale: 12 }).notNull(),
    oldActual: numeric('old_actual', { precision: 30, scale: 12 }).notNull(),
    newStandard: numeric('new_standard', { precision: 30, scale: 12 }).notNull(),
    newActual: numeric('new_actual', { precision: 30, scale: 12 }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.planId, table.attemptId] }),
    check('rerate_rows_costs', sql`${table.newStandard} >= 0 and ${table.newActual} >= 0`),
  ],
);
