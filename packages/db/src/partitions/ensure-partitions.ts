import type postgres from 'postgres';
import type { Database } from '../open-database.ts';
import { isCovered, listPartitions } from './list-partitions.ts';
import { buildPartitionName, buildPeriod, type PartitionedTable, type Period } from './periods.ts';

/** Rows are written meanwhile: rather later than that they wait for long. */
export const PARTITION_LOCK_MS = 5_000;
/** Clocks that went wrong leave rows in many periods: what is left over is done the next time. */
const PERIODS_MAX = 24;

/**
 * Makes the partitions of the period of `nowMs` and of `ahead` more, and of older periods that have rows in the
 * default partition; these rows move. Any number of callers may run at once; gives the names that this one made.
 * Each period is a transaction; rejects when rows that are being written hold it up for more than 5 s.
 */
export async function ensurePartitions(
  db: Database,
  table: PartitionedTable,
  nowMs: number,
  ahead: number,
): Promise<string[]> {
  const made: string[] = [];
  for (const period of await listMissing(db, table, nowMs, ahead)) {
    const name = await db.sql.begin((tx) => makePartition(tx, table, period));
    if (name !== null) made.push(name);
  }
  return made;
}

async function listMissing(
  db: Database,
  table: PartitionedTable,
  nowMs: number,
  ahead: number,
): Promise<Period[]> {
  const kind = table.period;
  const wanted = Array.from({ length: ahead + 1 }, (_, after) => buildPeriod(kind, nowMs, after));
  const endMs = buildPeriod(kind, nowMs, ahead).endMs;
  const rows = await db.sql<{ ms: string }[]>`
    select distinct (extract(epoch from date_trunc(${kind}, at, 'UTC')) * 1000)::bigint::text as ms
    from ${db.sql(`${table.table}_default`)} where at < ${new Date(endMs).toISOString()}
    order by 1 limit ${PERIODS_MAX}`;
  const periods = new Map(
    [...rows.map(({ ms }) => buildPeriod(kind, Number(ms))), ...wanted].map((each) => [each.startMs, each]),
  );
  const partitions = await listPartitions(db.sql, table);
  return [...periods.values()].filter((period) => !isCovered(period, partitions));
}

/**
 * Made beside the table and attached, which lets writes into other partitions go on. The default partition is locked
 * first: a row that came into it after the move would make the attachment fail. null = another caller was first.
 */
async function makePartition(
  tx: postgres.TransactionSql,
  partitioned: PartitionedTable,
  period: Period,
): Promise<string | null> {
  const { table } = partitioned;
  const name = buildPartitionName(partitioned, period);
  const start = new Date(period.startMs).toISOString();
  const end = new Date(period.endMs).toISOString();
  await tx.unsafe(`set local lock_timeout = ${PARTITION_LOCK_MS}`);
  await tx.unsafe(`lock table only ${table} in share update exclusive mode`);
  if (isCovered(period, await listPartitions(tx, partitioned))) return null;
  await tx.unsafe(`lock table ${table}_default in access exclusive mode`);
  await tx.unsafe(`create table ${name} (like ${table} including all)`);
  await tx.unsafe(`with moved as (delete from ${table}_default where at >= '${start}' and at < '${end}' returning *)
    insert into ${name} select * from moved`);
  await tx.unsafe(`alter table ${table} attach partition ${name} for values from ('${start}') to ('${end}')`);
  return name;
}
