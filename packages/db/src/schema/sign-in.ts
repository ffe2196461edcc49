import { sql } from 'drizzle-orm';
import {
  bigint,
  boolean,
  check,
  index,
  integer,
  pgTable,
  primaryKey,
  text,
  timestamp,
} from 'drizzle-orm/pg-core';
import { users } from './users.ts';

const userId = () =>
  text('user_id')
    .notNull()
    .references(() => users.id, { onDelete: 'cascade' });

/** CTL-2: signed-in persons. All times are Postgres' own: control planes with other clocks agree. */
export const sessions = pgTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    userId: userId(),
    /** SHA-256 of the 32 random bytes in the cookie, hex. */
    hash: text('hash').notNull().unique(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    /** To the minute. */
    lastSeenAt: timestamp('last_seen_at', { withTimezone: true }).notNull().defaultNow(),
    /** Its end when nobody uses it; moves with last_seen_at, never beyond expires_at. */
    idleExpiresAt: timestamp('idle_expires_at', { withTimezone: true }).notNull(),
    /** Its end in any case. */
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    /** Where it was made. */
    address: text('address').notNull(),
    /** Cut short. */
    userAgent: text('user_agent').notNull(),
  },
  (table) => [
    /** A person's own list; all of a person end at once. */
    index('sessions_user').on(table.userId, table.id),
  ],
);

/** RFC 6238: one authenticator a person. */
export const totp = pgTable(
  'totp',
  {
    userId: userId().primaryKey(),
    /** AES-256-GCM, see seal-secret.ts; the context is the user's id. */
    sealedSecret: text('sealed_secret').notNull(),
    /** NULL = not asked for yet: nobody has shown that they can make its codes. */
    confirmedAt: timestamp('confirmed_at', { withTimezone: true }),
    /** The last time step whose code was taken: none is taken twice. NULL = none was. */
    usedStep: bigint('used_step', { mode: 'number' }),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
  },
  (table) => [check('totp_used_step', sql`${table.usedStep} >= 0`)],
);

/** What a person without the authenticator signs in with, once each. */
export const recoveryCodes = pgTable(
  'recovery_codes',
  {
    userId: userId(),
    /** SHA-256, hex: they are long and random. */
    hash: text('hash').notNull(),
    /** NULL = unused. */
    usedAt: timestamp('used_at', { withTimezone: true }),
  },
  (table) => [primaryKey({ columns: [table.userId, table.hash] })],
);

/** Links that let somebody choose a password, once. */
export const setUpLinks = pgTable(
  'set_up_links',
  {
    id: text('id').primaryKey(),
    /** SHA-256 of the link's token, hex. */
    hash: text('hash').notNull().unique(),
    /** Whose password it sets; NULL = it makes a new admin. */
    userId: text('user_id').references(() => users.id, { onDelete: 'cascade' }),
    /** Takes away an authenticator that is lost. */
    resetsTotp: boolean('resets_totp').notNull().default(false),
    /** Id of the person or token; `system` = the first start or the CLI. */
    createdBy: text('created_by').notNull(),
    createdAt: timestamp('created_at', { withTimezone: true }).notNull().defaultNow(),
    expiresAt: timestamp('expires_at', { withTimezone: true }).notNull(),
    /** NULL = not yet. */
    usedAt: timestamp('used_at', { withTimezone: true }),
  },
  (table) => [
    /** All of a person go with the first that is used. */
    index('set_up_links_user').on(table.userId),
  ],
);

/** Guesses that failed, or are under way, by who made them and by whom they were about: shared by all control planes. */
export const signInTries = pgTable(
  'sign_in_tries',
  {
    /** address | account */
    kind: text('kind').notNull(),
    /** A v4 address, a v6 network of 64 bits; SHA-256 of the e-mail address, known or not. */
    subject: text('subject').notNull(),
    /** In a row, i.e. without a success or a long rest in between. */
    failures: integer('failures').notNull(),
    lastAt: timestamp('last_at', { withTimezone: true }).notNull().defaultNow(),
    /** No guess is looked at before. */
    blockedUntil: timestamp('blocked_until', { withTimezone: true }).notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.kind, table.subject] }),
    /** Job: what may be forgotten. */
    index('sign_in_tries_last').on(table.lastAt),
    check('sign_in_tries_kind', sql`${table.kind} in ('address', 'account')`),
    check('sign_in_tries_failures', sql`${table.failures} >= 0`),
  ],
);
