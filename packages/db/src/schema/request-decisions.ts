import { boolean, index, integer, jsonb, pgTable, primaryKey, text, timestamp } from 'drizzle-orm/pg-core';
import type { StoredDetail } from '@tollgate/core';

/** One row a request (OPS-9), partitioned by day of `at`. */
export const requestDecisions = pgTable(
  'request_decisions',
  {
    requestId: text('request_id').notNull(),
    /** When its first byte came. */
    at: timestamp('at', { withTimezone: true }).notNull(),
    nodeId: text('node_id').notNull(),
    userId: text('user_id').notNull(),
    keyId: text('key_id').notNull(),
    /** The group that served it in the end. */
    groupId: text('group_id').notNull(),
    /** e.g. `messages`, `count-tokens` */
    endpoint: text('endpoint').notNull(),
    protocol: text('protocol').notNull(),
    /** As the client asked for it; NULL = the body was refused before. */
    model: text('model'),
    stream: boolean('stream'),
    /** What the client got; 499 = it left. */
    status: integer('status').notNull(),
    /** Ours; NULL = none. */
    errorCode: text('error_code'),
    durationMs: integer('duration_ms').notNull(),
    attempts: integer('attempts').notNull(),
    /** Of rows without a trace, those of earlier versions: see `unpackDetail`. */
    detail: jsonb('detail').$type<StoredDetail>(),
    /** First content to the client; NULL = none, or it is in the detail. */
    firstContentAfterMs: integer('first_content_after_ms'),
    /** JSON; the pools of its rounds are in `decision_pools`: see `unpackTrace`. */
    trace: text('trace'),
  },
  (table) => [
    primaryKey({ columns: [table.requestId, table.at] }),
    index('request_decisions_at').on(table.at, table.requestId),
    index('request_decisions_user_at').on(table.userId, table.at),
  ],
);

/** Who might have served, and who not, as many records name it. Partitioned by day of `at`. */
export const decisionPools = pgTable(
  'decision_pools',
  {
    /** A hash of the pool: one that was used on several days is stored as often, and always the same. */
    id: text('id').notNull(),
    /** The day after one on which it was used. */
    at: timestamp('at', { withTimezone: true }).notNull(),
    /** JSON, a `DecisionPool` of the core. */
    pool: text('pool').notNull(),
  },
  (table) => [primaryKey({ columns: [table.id, table.at] })],
);
