import type postgres from 'postgres';
import type { Database } from '../open-database.ts';
import { isCovered, listUsagePartitions } from './list-usage-partitions.ts';
import { buildMonth, buildPartitionName, type Month } from './months.ts';

/** Attempts are booked meanwhile: rather later than that they wait for long. */
export const PARTITION_LOCK_MS = 5_000;
/** Clocks that went wrong leave rows in many months: what is left over is done the next time. */
const MONTHS_MAX = 24;

/**
 * Makes the partitions of the month of `nowMs` and of `monthsAhead` more, and of older months that have rows in the
 * default partition; these rows move. Any number of callers may run at once; gives the names that this one made.
 * Each month is a transaction; rejects when attempts that are being booked hold it up for more than 5 s.
 */
export async function ensureUsagePartitions(
  db: Database,
  nowMs: number,
  monthsAhead: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const month of await listMissingMonths(db, nowMs, monthsAhead)) {
    const name = await db.sql.begin((tx) => makePartition(tx, month));
    if (name !== null) made.push(name);
  }
  return made;
}

async function listMissingMonths(db: Database, nowMs: number, monthsAhead: number): Promise<Month[]> {
  const wanted = Array.from({ length: monthsAhead + 1 }, (_, months) => buildMonth(nowMs, months));
  const endMs = buildMonth(nowMs, monthsAhead).endMs;
  const rows = await db.sql<{ ms: string }[]>`
    select distinct (extract(epoch from date_trunc('month', at, 'UTC')) * 1000)::bigint::text as ms
    from usage_default where at < ${new Date(endMs).toISOString()} order by 1 limit ${MONTHS_MAX}`;
  const months = new Map(
    [...rows.map(({ ms }) => buildMonth(Number(ms))), ...wanted].map((m) => [m.startMs, m]),
  );
  const partitions = await listUsagePartitions(db.sql);
  return [...months.values()].filter((month) => !isCovered(month, partitions));
}

/**
 * Made beside `usage` and attached, which lets bookings into other partitions go on. The default partition is locked
 * first: a row that came into it after the move would make the attachment fail. null = another caller was first.
 */
async function makePartition(tx: postgres.TransactionSql, month: Month): Promise<string | null> {
  const name = buildPartitionName(month);
  const start = new Date(month.startMs).toISOString();
  const end = new Date(month.endMs).toISOString();
  await tx.unsafe(`set local lock_timeout = ${PARTITION_LOCK_MS}`);
  await tx.unsafe('lock table only usage in share update exclusive mode');
  if (isCovered(month, await listUsagePartitions(tx))) return null;
  await tx.unsafe('lock table usage_default in access exclusive mode');
  await tx.unsafe(`create table ${name} (like usage including all)`);
  await tx.unsafe(`with moved as (delete from usage_default where at >= '${start}' and at < '${end}' returning *)
    insert into ${name} select * from moved`);
  await tx.unsafe(`alter table usage attach partition ${name} for values from ('${start}') to ('${end}')`);
  return name;
}
