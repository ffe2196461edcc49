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
  unique,
} from 'drizzle-orm/pg-core';
import { groups } from './groups.ts';
import { users } from './users.ts';

export const keys = pgTable(
  'keys',
  {
    id: text('id').primaryKey(),
    userId: text('user_id')
      .notNull()
      .references(() => users.id, { onDelete: 'cascade' }),
    /** Unique per user. */
    name: text('name').notNull(),
    /** SHA-256 of the key, hex. The key itself is nowhere. */
    hash: text('hash').notNull().unique(),
    /** First characters, for display. */
    prefix: text('prefix').notNull(),
    /** active | disabled */
    status: text('status').notNull().default('active'),
    /** The owner made it and may change it; false = an admin's, which the owner may only disable. */
    madeByOwner: boolean('made_by_owner').notNull().default(false),
    /** CIDR or single addresses; empty = everyone. */
    ipAllow: jsonb('ip_allow')
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'::jsonb`),
    ipDeny: jsonb('ip_deny')
      .$type<string[]>()
      .notNull()
      .default(sql`'[]'::jsonb`),
    /** NULL = never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    /** Requests a minute; 0 = no limit. */
    rpm: integer('rpm').notNull().default(0),
    /** Tokens a minute; 0 = no limit. */
    tpm: integer('tpm').notNull().default(0),
    /** Parallel requests; 0 = no limit. */
    concurrency: integer('concurrency').notNull().default(0),
    /** USD that the key may spend in all, and in each window of its own (LIM-9); NULL = no limit. */
    quota: numeric('quota', { precision: 30, scale: 12 }),
    limit5h: numeric('limit_5h', { precision: 30, scale: 12 }),
    limit1d: numeric('limit_1d', { precision: 30, scale: 12 }),
    limit7d: numeric('limit_7d', { precision: 30, scale: 12 }),
    /** USD, actual cost; counted whether there is a limit or not. */
    spentTotal: numeric('spent_total', { precision: 30, scale: 12 }).notNull().default('0'),
    spent5h: numeric('spent_5h', { precision: 30, scale: 12 }).notNull().default('0'),
    /** When the present window began: with its first use; NULL = none has. */
    started5h: timestamp('started_5h', { withTimezone: true }),
    spent1d: numeric('spent_1d', { precision: 30, scale: 12 }).notNull().default('0'),
    /** When the present window began: with its first use; NULL = none has. */
    started1d: timestamp('started_1d', { withTimezone: true }),
    spent7d: numeric('spent_7d', { precision: 30, scale: 12 }).notNull().default('0'),
    /** When the present window began: with its first use; NULL = none has. */
    started7d: timestamp('started_7d', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    updatedAt: timestamp('updated_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [
    unique('keys_user_name').on(table.userId, table.name),
    check('keys_hash', sql`${table.hash} ~ '^[0-9a-f]{64}$'`),
    check('keys_status', sql`${table.status} in ('active', 'disabled')`),
    check('keys_limits', sql`${table.rpm} >= 0 and ${table.concurrency} >= 0`),
    check('keys_tpm', sql`${table.tpm} between 0 and 1000000000`),
    check(
      'keys_money_limits',
      sql`least(${table.quota}, ${table.limit5h}, ${table.limit1d}, ${table.limit7d}) > 0 and greatest(${table.quota}, ${table.limit5h}, ${table.limit1d}, ${table.limit7d}) <= 1000000`,
    ),
    check(
      'keys_spent',
      sql`${table.spentTotal} >= 0 and ${table.spent5h} >= 0 and ${table.spent1d} >= 0 and ${table.spent7d} >= 0`,
    ),
    check(
      'keys_ip_lists',
      sql`jsonb_typeof(${table.ipAllow}) = 'array' and jsonb_typeof(${table.ipDeny}) = 'array'`,
    ),
  ],
);

/** The ordered groups of a key. */
export const keyGroups = pgTable(
  'key_groups',
  {
    keyId: text('key_id')
      .notNull()
      .references(() => keys.id, { onDelete: 'cascade' }),
    groupId: text('group_id')
      .notNull()
      .references(() => groups.id, { onDelete: 'restrict' }),
    /** 0 = tried first. */
    position: integer('position').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.keyId, table.groupId] }),
    /** Invalidation: all keys of a group. */
    index('key_groups_group').on(table.groupId),
    check('key_groups_position', sql`${table.position} >= 0`),
  ],
);
