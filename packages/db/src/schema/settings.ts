import { jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** What an admin has set in place of the configuration's default; a setting without a row has its default. */
export const settings = pgTable('settings', {
  name: text('name').primaryKey(),
  value: jsonb('value').notNull(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});
