import { TOKEN_QUOTA_PERIOD_MS, type TokenQuota, type TokenQuotaSource, type UserId } from '@tollgate/core';
import type { Database } from './open-database.ts';

/** The token quota's authoritative path (LIM-10). Faults of the database reject: the guard fails closed. */
export function createTokenQuotaSource(db: Database): TokenQuotaSource {
  return {
    read: (userId) => readTokenQuota(db, userId),
    resetIfDue: (userId, nowMs) => resetTokenQuotaIfDue(db, userId, nowMs),
  };
}

interface QuotaRow {
  limit: string;
  usage: string;
  lastResetAtMs: string | null;
}

async function readTokenQuota(db: Database, userId: UserId): Promise<TokenQuota | null> {
  const [row] = await db.sql<QuotaRow[]>`select ${selectColumns(db)} from users where id = ${userId}`;
  return row ? mapRow(row) : null;
}

/**
 * Postgres looks at the condition again once it has the row, so of many nodes one resets and usage that is booked
 * meanwhile is not lost: the others find the new period and read it.
 */
async function resetTokenQuotaIfDue(db: Database, userId: UserId, nowMs: number): Promise<TokenQuota | null> {
  const dueSince = new Date(nowMs - TOKEN_QUOTA_PERIOD_MS).toISOString();
  const [row] = await db.sql<QuotaRow[]>`
    update users set token_usage = 0, last_reset_at = ${new Date(nowMs).toISOString()}
    where id = ${userId} and (last_reset_at is null or last_reset_at <= ${dueSince})
    returning ${selectColumns(db)}`;
  return row ? mapRow(row) : readTokenQuota(db, userId);
}

function selectColumns(db: Database) {
  return db.sql`token_limit as limit, token_usage as usage,
    floor(extract(epoch from last_reset_at) * 1000)::text as "lastResetAtMs"`;
}

/** bigint comes as text; both figures stay far below 2^53. */
function mapRow({ limit, usage, lastResetAtMs }: QuotaRow): TokenQuota {
  return {
    limit: Number(limit),
    usage: Number(usage),
    lastResetAtMs: lastResetAtMs === null ? null : Number(lastResetAtMs),
  };
}
