import { and, desc, eq, sql, type SQL } from 'drizzle-orm';
import type { Database } from '../open-database.ts';
import { groups, keys, requestDecisions as decisions, users } from '../schema/index.ts';

export interface DecisionQuery {
  userEmail?: string;
  keyId?: string;
  /** As the client asked for it. */
  model?: string;
  errorCode?: string;
  /** Only those that were not answered with 2xx. */
  failedOnly?: boolean;
  /** Rows after this one, i.e. older ones. */
  after?: { at: string; requestId: string };
  limit: number;
}

/** One request. Names where they exist still, ids where they do not. */
export interface DecisionRow {
  requestId: string;
  /** When its first byte came: ISO 8601, UTC, milliseconds. */
  at: string;
  nodeId: string;
  user: string;
  key: string;
  group: string;
  endpoint: string;
  protocol: string;
  model: string | null;
  stream: boolean | null;
  /** 499 = the client left. */
  status: number;
  errorCode: string | null;
  durationMs: number;
  attempts: number;
}

/** Requests, newest first, in pages by key. */
export async function listDecisions(db: Database, query: DecisionQuery): Promise<DecisionRow[]> {
  const rows = await db
    .select(DECISION_COLUMNS)
    .from(decisions)
    .leftJoin(users, eq(users.id, decisions.userId))
    .leftJoin(keys, eq(keys.id, decisions.keyId))
    .leftJoin(groups, eq(groups.id, decisions.groupId))
    .where(buildFilter(query))
    .orderBy(desc(decisions.at), desc(decisions.requestId))
    .limit(query.limit);
  return rows.map((row) => Object.assign(row, { at: row.at.toISOString() }));
}

export const DECISION_COLUMNS = {
  requestId: decisions.requestId,
  at: decisions.at,
  nodeId: decisions.nodeId,
  user: sql<string>`coalesce(${users.email}, ${decisions.userId})`,
  key: sql<string>`coalesce(${keys.name}, ${decisions.keyId})`,
  group: sql<string>`coalesce(${groups.name}, ${decisions.groupId})`,
  endpoint: decisions.endpoint,
  protocol: decisions.protocol,
  model: decisions.model,
  stream: decisions.stream,
  status: decisions.status,
  errorCode: decisions.errorCode,
  durationMs: decisions.durationMs,
  attempts: decisions.attempts,
};

function buildFilter({ userEmail, keyId, model, errorCode, failedOnly, after }: DecisionQuery) {
  return and(
    // By id, so that the index on (user_id, at) serves it.
    userEmail === undefined
      ? undefined
      : sql`${decisions.userId} = (select id from users where email = ${userEmail.toLowerCase()})`,
    keyId === undefined ? undefined : eq(decisions.keyId, keyId),
    model === undefined ? undefined : eq(decisions.model, model),
    errorCode === undefined ? undefined : eq(decisions.errorCode, errorCode),
    failedOnly === true ? sql`${decisions.status} not between 200 and 299` : undefined,
    after && isBefore(after),
  );
}

function isBefore({ at, requestId }: { at: string; requestId: string }): SQL {
  return sql`(${decisions.at}, ${decisions.requestId}) < (${at}::timestamptz, ${requestId})`;
}
