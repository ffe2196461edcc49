import { sql } from 'drizzle-orm';
import { check, index, integer, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import { groups } from './groups.ts';
import { users } from './users.ts';

/** LIM-1: a user's own RPM in place of a group's. No row = the group's limit. */
export const rpmOverrides = pgTable(
  'rpm_overrides',
  {
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    groupId: text('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'cascade' }),
    /** Requests a minute; 0 = free of the group's limit. */
    rpm: integer('rpm').notNull(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    primaryKey({ columns: [table.userId, table.groupId] }),
    /** Listing and clearing the overrides of a group. */
    index('rpm_overrides_group').on(table.groupId, table.userId),
    check('rpm_overrides_rpm', sql`${table.rpm} between 0 and 1000000000`),
  ],
);
