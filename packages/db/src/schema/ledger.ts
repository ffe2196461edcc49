import { sql } from 'drizzle-orm';
import { check, index, numeric, pgTable, text, timestamp, unique } from 'drizzle-orm/pg-core';

/** Each movement of a balance, immutable. balance = sum(amount). */
export const ledger = pgTable(
  'ledger',
  {
    id: text('id').primaryKey(),
    userId: text('user_id').notNull(),
    /** use | top-up | adjustment | redeem | refund */
    kind: text('kind').notNull(),
    /** USD; negative = taken from the user. */
    amount: numeric('amount', { precision: 30, scale: 12 }).notNull(),
    /** For kind `use`: the attempt; NULL otherwise. Unique, so that a use is booked once. */
    attemptId: text('attempt_id'),
    /** Who and why, for kinds other than `use`. */
    note: text('note'),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique('ledger_attempt').on(table.attemptId),
    /** A user's movements, newest first. */
    index('ledger_user_at').on(table.userId, table.at),
    check('ledger_kind', sql`${table.kind} in ('use', 'top-up', 'adjustment', 'redeem', 'refund')`),
    check('ledger_use_attempt', sql`(${table.kind} = 'use') = (${table.attemptId} is not null)`),
  ],
);
