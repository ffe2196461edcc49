import { sql } from 'drizzle-orm';
import { check, index, integer, numeric, pgTable, text, timestamp, uniqueIndex } from 'drizzle-orm/pg-core';

/** MON-12: codes that were made together and are worth the same. */
export const redeemBatches = pgTable(
  'redeem_batches',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** balance | concurrency | subscription: which of the columns below says what a code is worth. */
    kind: text('kind').notNull(),
    /** USD that the balance gains. */
    amount: numeric('amount', { precision: 30, scale: 12 }),
    /** Parallel requests that the user gains. */
    concurrency: integer('concurrency'),
    /** Group of the subscription. No foreign key: a batch outlives its group, and its codes then say so. */
    groupId: text('group_id'),
    /** Days of it. */
    days: integer('days'),
    /** How many codes were made. */
    count: integer('count').notNull(),
    /** The first moment at which its codes are no longer taken; NULL = never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    /** For admins; NULL = none. */
    note: text('note'),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    check(
      'redeem_batches_worth',
      sql`(${table.kind} = 'balance' and ${table.amount} is not null and num_nonnulls(${table.concurrency}, ${table.groupId}, ${table.days}) = 0) or (${table.kind} = 'concurrency' and ${table.concurrency} is not null and num_nonnulls(${table.amount}, ${table.groupId}, ${table.days}) = 0) or (${table.kind} = 'subscription' and num_nulls(${table.groupId}, ${table.days}) = 0 and num_nonnulls(${table.amount}, ${table.concurrency}) = 0)`,
    ),
    check(
      'redeem_batches_figures',
      sql`${table.amount} > 0 and ${table.concurrency} > 0 and ${table.days} > 0 and ${table.count} between 1 and 10000`,
    ),
  ],
);

/** One code, good for one redemption. Unused = neither redeemed nor revoked; expiry is the batch's, by time. */
export const redeemCodes = pgTable(
  'redeem_codes',
  {
    id: text('id').primaryKey(),
    batchId: text('batch_id')
      .notNull()
      .references(() => redeemBatches.id, { onDelete: 'restrict' }),
    /** SHA-256 of the code without dashes, hex: found by it. */
    hash: text('hash').notNull(),
    /** The code, AES-256-GCM under the row's id, see seal-secret.ts: for the export. */
    sealedCode: text('sealed_code').notNull(),
    /** Its first characters, for display. */
    prefix: text('prefix').notNull(),
    /** NULL = not yet. Set once, together with the user. */
    redeemedAt: timestamp('redeemed_at', { withTimezone: true }),
    redeemedBy: text('redeemed_by'),
    /** NULL = it was not. */
    revokedAt: timestamp('revoked_at', { withTimezone: true }),
  },
  (table) => [
    /** Redeeming: by what the user typed. */
    uniqueIndex('redeem_codes_hash').on(table.hash),
    /** A batch's codes, in the order of their ids. */
    index('redeem_codes_batch').on(table.batchId, table.id),
    /** What a user has redeemed. */
    index('redeem_codes_user')
      .on(table.redeemedBy, table.id)
      .where(sql`${table.redeemedBy} is not null`),
    check('redeem_codes_redeemed', sql`(${table.redeemedAt} is null) = (${table.redeemedBy} is null)`),
    check('redeem_codes_state', sql`${table.redeemedAt} is null or ${table.revokedAt} is null`),
  ],
);
