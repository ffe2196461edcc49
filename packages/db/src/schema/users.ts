import { sql } from 'drizzle-orm';
import { check, integer, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

export const users = pgTable(
  'users',
  {
    id: text('id').primaryKey(),
    /** Lower case. */
    email: text('email').notNull().unique(),
    /** active | disabled */
    status: text('status').notNull().default('active'),
    /** admin | user */
    role: text('role').notNull().default('user'),
    /** USD; always the sum of the user's ledger rows. Moved only together with one. */
    balance: numeric('balance', { precision: 30, scale: 12 }).notNull().default('0'),
    /** Parallel requests; 0 = no limit. */
    concurrency: integer('concurrency').notNull().default(5),
    /** Requests a minute; 0 = no limit. */
    rpm: integer('rpm').notNull().default(0),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('users_email_lower', sql`${table.email} = lower(${table.email})`),
    check('users_status', sql`${table.status} in ('active', 'disabled')`),
    check('users_role', sql`${table.role} in ('admin', 'user')`),
    check('users_limits', sql`${table.concurrency} >= 0 and ${table.rpm} >= 0`),
  ],
);
