import { sql } from 'drizzle-orm';
import { bigint, check, integer, jsonb, numeric, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

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
    /** Tokens a minute over all keys; 0 = no limit. */
    tpm: integer('tpm').notNull().default(0),
    /** Share of a busy account beside other users that wait for it; 1 = the usual. */
    weight: integer('weight').notNull().default(1),
    /** Requests that may wait for a slot; NULL = max(concurrency, 1) + 20. */
    queueMax: integer('queue_max'),
    /** Tokens a period of seven days (LIM-10); 0 = no quota. */
    tokenLimit: bigint('token_limit', { mode: 'number' }).notNull().default(0),
    /** Tokens booked since last_reset_at; grows also while there is no quota. */
    tokenUsage: bigint('token_usage', { mode: 'number' }).notNull().default(0),
    /** When the present period began; NULL = the first one is due. */
    lastResetAt: timestamp('last_reset_at', { withTimezone: true }),
    /** USD: a use that brings the balance down to this makes a notice (MON-11); NULL = none. */
    lowBalanceThreshold: numeric('low_balance_threshold', { precision: 30, scale: 12 }),
    /** The same as a percentage of total_recharged; NULL = none. One of the two at most. */
    lowBalancePercent: integer('low_balance_percent'),
    /** Who hears of it besides the user. */
    noticeEmails: jsonb('notice_emails')
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'::jsonb`),
    /** When the notice was made; no other one until a top-up. NULL = armed. */
    lowBalanceNotifiedAt: timestamp('low_balance_notified_at', { withTimezone: true }),
    /** USD: all top-ups and redeemed codes. */
    totalRecharged: numeric('total_recharged', { precision: 30, scale: 12 }).notNull().default('0'),
    /** argon2id in PHC form; NULL = the user cannot sign in. Never leaves the server. */
    passwordHash: text('password_hash'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check('users_email_lower', sql`${table.email} = lower(${table.email})`),
    check('users_status', sql`${table.status} in ('active', 'disabled')`),
    check('users_role', sql`${table.role} in ('admin', 'user')`),
    check('users_limits', sql`${table.concurrency} >= 0 and ${table.rpm} >= 0`),
    check('users_tpm', sql`${table.tpm} between 0 and 1000000000`),
    check('users_weight', sql`${table.weight} between 1 and 100`),
    check('users_queue_max', sql`${table.queueMax} between 0 and 1000000`),
    check(
      'users_token_quota',
      sql`${table.tokenLimit} between 0 and 1000000000000 and ${table.tokenUsage} >= 0`,
    ),
    check(
      'users_low_balance',
      sql`${table.lowBalanceThreshold} between 0 and 1000000 and ${table.lowBalancePercent} between 1 and 100`,
    ),
    check(
      'users_low_balance_one',
      sql`${table.lowBalanceThreshold} is null or ${table.lowBalancePercent} is null`,
    ),
    check('users_notice_emails', sql`jsonb_typeof(${table.noticeEmails}) = 'array'`),
    check('users_total_recharged', sql`${table.totalRecharged} >= 0`),
  ],
);
