import { sql } from 'drizzle-orm';
import { check, index, numeric, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';
import { groups } from './groups.ts';
import { users } from './users.ts';

/** MON-9: a user's right to use a subscription group, and what it has spent. Expiry is enforced by time. */
export const subscriptions = pgTable(
  'subscriptions',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    groupId: text('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'restrict' }),
    startsAt: timestamp('starts_at', { withTimezone: true }).notNull(),
    /** The first moment at which it is no longer valid. */
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    /** active | suspended | revoked; revoked ones stay for the record, and another may take their place. */
    status: text('status').notNull().default('active'),
    /** USD, actual cost, in the window that began at the moment beside it: with its first use; NULL = none has. */
    daySpent: numeric('day_spent', { precision: 30, scale: 12 }).notNull().default('0'),
    dayStartedAt: timestamp('day_started_at', { withTimezone: true }),
    weekSpent: numeric('week_spent', { precision: 30, scale: 12 }).notNull().default('0'),
    weekStartedAt: timestamp('week_started_at', { withTimezone: true }),
    monthSpent: numeric('month_spent', { precision: 30, scale: 12 }).notNull().default('0'),
    monthStartedAt: timestamp('month_started_at', { withTimezone: true }),
    /** For admins; NULL = none. */
    note: text('note'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    /** One that counts per user and group; a key's snapshot reads all of its user. */
    uniqueIndex('subscriptions_user_group')
      .on(table.userId, table.groupId)
      .where(sql`${table.status} <> 'revoked'`),
    /** All of a group. */
    index('subscriptions_group').on(table.groupId),
    check('subscriptions_status', sql`${table.status} in ('active', 'suspended', 'revoked')`),
    check('subscriptions_period', sql`${table.startsAt} < ${table.expiresAt}`),
    check(
      'subscriptions_spent',
      sql`${table.daySpent} >= 0 and ${table.weekSpent} >= 0 and ${table.monthSpent} >= 0`,
    ),
  ],
);
