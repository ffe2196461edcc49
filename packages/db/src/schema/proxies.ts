import { pgTable, text, timestamp } from 'drizzle-orm/pg-core';

/** ACC-7: a proxy with a name, which accounts refer to. Each of them holds a copy of the URL under its own seal. */
export const proxies = pgTable('proxies', {
  id: text('id').primaryKey(),
  name: text('name').notNull().unique(),
  /** URL with user and password, sealed under buildProxySealContext of this row's id. Write-only. */
  sealedUrl: text('sealed_url').notNull(),
  /** The same URL without user and password, for display. */
  shown: text('shown').notNull(),
  createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
});
