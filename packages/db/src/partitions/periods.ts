/** A table whose rows lie in one partition a period of their `at`, UTC, and in `<table>_default` until there is one. */
export interface PartitionedTable {
  table: 'usage' | 'request_decisions' | 'decision_pools';
  period: 'month' | 'day';
}

export const USAGE_PARTITIONS: PartitionedTable = { table: 'usage', period: 'month' };
export const DECISION_PARTITIONS: PartitionedTable = { table: 'request_decisions', period: 'day' };
export const POOL_PARTITIONS: PartitionedTable = { table: 'decision_pools', period: 'day' };

/** The first moment, and the first one after it; ms since 1970 UTC. */
export interface Period {
  startMs: number;
  endMs: number;
}

export function buildPeriod(kind: PartitionedTable['period'], atMs: number, periodsAfter = 0): Period {
  const at = new Date(atMs);
  const [year, month] = [at.getUTCFullYear(), at.getUTCMonth()];
  const build = (after: number): number =>
    kind === 'month' ? Date.UTC(year, month + after) : Date.UTC(year, month, at.getUTCDate() + after);
  return { startMs: build(periodsAfter), endMs: build(periodsAfter + 1) };
}

/** `usage_2026_11`, `request_decisions_2026_11_21` */
export function buildPartitionName({ table, period }: PartitionedTable, { startMs }: Period): string {
  const date = new Date(startMs).toISOString().slice(0, period === 'month' ? 7 : 10);
  return `${table}_${date.replaceAll('-', '_')}`;
}
