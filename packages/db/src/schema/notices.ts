import { sql } from 'drizzle-orm';
import { bigserial, check, index, integer, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** What a notice says, by kind; amounts in USD. */
export interface LowBalanceDetail {
  balance: string;
  /** What it came down to, or below. */
  threshold: string;
}

/** Mails to be sent, written in the transaction that gives the reason. */
export const notices = pgTable(
  'notices',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    /** Whom it is about: the mail goes to this user and to the user's notice_emails. */
    userId: text('user_id').notNull(),
    /** low-balance */
    kind: text('kind').notNull(),
    detail: jsonb('detail').$type<LowBalanceDetail>().notNull(),
    /** Who has not got it yet; NULL = nobody was asked for it so far, so everybody who is to. */
    pending: jsonb('pending').$type<string[]>(),
    /** Failed ones. */
    tries: integer('tries').notNull().default(0),
    /** Not before. */
    nextTryAt: timestamp('next_try_at', { withTimezone: true }).notNull().defaultNow(),
    /** NULL = not sent yet. */
    sentAt: timestamp('sent_at', { withTimezone: true }),
    /** When it was given up, as a whole or for those that are still in `pending`; NULL = it was not. */
    failedAt: timestamp('failed_at', { withTimezone: true }),
    /** Why the last try failed; NULL = none did. */
    fault: text('fault'),
  },
  (table) => [
    /** What is due. */
    index('notices_next_try')
      .on(table.nextTryAt)
      .where(sql`${table.sentAt} is null and ${table.failedAt} is null`),
    check('notices_kind', sql`${table.kind} in ('low-balance')`),
    check('notices_tries', sql`${table.tries} >= 0`),
  ],
);
