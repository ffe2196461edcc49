import type postgres from 'postgres';
import type { PartitionedTable, Period } from './periods.ts';

/** A partition other than the one for what has no period. */
export interface Partition {
  name: string;
  /** The first moment of its rows, ms since 1970 UTC; -Infinity = it has all that is older. */
  startMs: number;
  /** The first moment after them. */
  endMs: number;
}

interface PartitionRow {
  name: string;
  start: string | null;
  end: string | null;
}

/** The catalogue has bounds as text only: `FOR VALUES FROM ('2026-11-01 00:00:00+00') TO ('…')`, or MINVALUE. */
export async function listPartitions(sql: postgres.ISql, { table }: PartitionedTable): Promise<Partition[]> {
  const rows = await sql<PartitionRow[]>`
    select name, ${selectMs(sql, 'FROM')} as start, ${selectMs(sql, 'TO')} as end
    from (
      select c.relname as name, pg_get_expr(c.relpartbound, c.oid) as bound
      from pg_inherits join pg_class c on c.oid = inhrelid
      where inhparent = ${table}::regclass and pg_get_expr(c.relpartbound, c.oid) <> 'DEFAULT'
    ) as partitions order by name`;
  return rows.map(({ name, start, end }) => ({
    name,
    startMs: start === null ? -Infinity : Number(start),
    endMs: end === null ? Infinity : Number(end),
  }));
}

function selectMs(sql: postgres.ISql, side: 'FROM' | 'TO') {
  const pattern = `${side} \\('([^']+)'\\)`;
  return sql`floor(extract(epoch from substring(bound from ${pattern})::timestamptz) * 1000)::text`;
}

export function isCovered(period: Period, partitions: readonly Partition[]): boolean {
  return partitions.some(({ startMs, endMs }) => startMs < period.endMs && period.startMs < endMs);
}
