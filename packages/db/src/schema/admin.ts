import { sql } from 'drizzle-orm';
import { bigserial, check, index, jsonb, pgTable, text, timestamp } from 'drizzle-orm/pg-core';
import type { Invalidation } from '@tollgate/core';

/** Tokens that programs sign in to the control plane with. */
export const adminTokens = pgTable(
  'admin_tokens',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    /** SHA-256 of the token, hex. */
    hash: text('hash').notNull().unique(),
    /** What it may do: `*`, `read`, `<router>:read`, `<router>:write`. */
    scopes: jsonb('scopes')
      .$type<string[]>()
      .notNull()
      .default(sql`'["*"]'::jsonb`),
    /** Id of the person or token that made it; `system` = the first one. */
    createdBy: text('created_by').notNull().default('system'),
    /** To the minute; NULL = never used. */
    lastUsedAt: timestamp('last_used_at', { withTimezone: true }),
    /** NULL = never. */
    expiresAt: timestamp('expires_at', { withTimezone: true }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [check('admin_tokens_scopes', sql`jsonb_typeof(${table.scopes}) = 'array'`)],
);

/** Each change made through the control plane, in the transaction of the change. */
export const audit = pgTable(
  'audit',
  {
    id: bigserial('id', { mode: 'number' }).primaryKey(),
    at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
    /** Id of the admin token or of the person; `system` = config file at start; `anonymous` = nobody known. */
    actor: text('actor').notNull(),
    /** e.g. group.create */
    action: text('action').notNull(),
    /** Id of the object. */
    target: text('target').notNull(),
    /** What was asked for, without secrets. */
    detail: jsonb('detail').notNull(),
  },
  (table) => [
    /** Audit list: what was done to one object, newest first. */
    index('audit_target').on(table.target, table.id),
    /** Audit list: what one actor did. */
    index('audit_actor').on(table.actor, table.id),
  ],
);

/** Invalidations waiting to be pushed: written with the change, deleted once published. */
export const outbox = pgTable('outbox', {
  id: bigserial('id', { mode: 'number' }).primaryKey(),
  at: timestamp('at', { withTimezone: true }).notNull().defaultNow(),
  invalidation: jsonb('invalidation').$type<Invalidation>().notNull(),
});

/** One row: what belongs to this database as a whole. */
export const installation = pgTable('installation', {
  /** Always `this`. */
  id: text('id').primaryKey(),
  /** A known text sealed with the secret key: tells a wrong key at start. */
  keyCheck: text('key_check').notNull(),
});
