import {
  parseUsd,
  ZERO_USD,
  type KeyId,
  type LoadedPurses,
  type SubscriptionId,
  type UserId,
  type WindowUse,
} from '@tollgate/core';
import type { Database } from './open-database.ts';

/** What is spent as decimals of USD, and when the window began, ms as text. */
type PurseRow = Record<string, string | null>;

const UNUSED: WindowUse = { spent: ZERO_USD, startMs: null };

/** All figures of one moment, in one statement: see `SnapshotSource.loadPurses`. */
export async function loadPurses(
  db: Database,
  userId: UserId,
  keyId: KeyId,
  subscriptionId: SubscriptionId | null,
): Promise<LoadedPurses> {
  const [row] = await db.sql<PurseRow[]>`
    select u.balance, k.spent_total, s.id as subscription_id,
      k.spent_5h, ${selectMs(db, 'k.started_5h')} as started_5h,
      k.spent_1d, ${selectMs(db, 'k.started_1d')} as started_1d,
      k.spent_7d, ${selectMs(db, 'k.started_7d')} as started_7d,
      s.day_spent, ${selectMs(db, 's.day_started_at')} as day_started_at,
      s.week_spent, ${selectMs(db, 's.week_started_at')} as week_started_at,
      s.month_spent, ${selectMs(db, 's.month_started_at')} as month_started_at
    from users u
    left join keys k on k.id = ${keyId} and k.user_id = u.id
    left join subscriptions s on s.id = ${subscriptionId} and s.user_id = u.id
    where u.id = ${userId}`;
  return mapRow(row ?? {});
}

function selectMs(db: Database, column: string) {
  return db.sql`floor(extract(epoch from ${db.sql(column)}) * 1000)::text`;
}

function mapRow(row: PurseRow): LoadedPurses {
  return {
    balance: parseUsd(row['balance'] ?? '0'),
    key: {
      total: readUse(row, 'spent_total', null),
      '5h': readUse(row, 'spent_5h', 'started_5h'),
      '1d': readUse(row, 'spent_1d', 'started_1d'),
      '7d': readUse(row, 'spent_7d', 'started_7d'),
    },
    subscription: row['subscription_id']
      ? {
          day: readUse(row, 'day_spent', 'day_started_at'),
          week: readUse(row, 'week_spent', 'week_started_at'),
          month: readUse(row, 'month_spent', 'month_started_at'),
        }
      : null,
  };
}

function readUse(row: PurseRow, spent: string, startedAt: string | null): WindowUse {
  const amount = row[spent];
  if (amount === null || amount === undefined) return UNUSED;
  const startMs = startedAt === null ? null : (row[startedAt] ?? null);
  return { spent: parseUsd(amount), startMs: startMs === null ? null : Number(startMs) };
}
