/** A calendar month, UTC: the first moment, and the first one after it. */
export interface Month {
  startMs: number;
  endMs: number;
}

export function buildMonth(atMs: number, monthsAfter = 0): Month {
  const at = new Date(atMs);
  const build = (months: number): number => Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + months);
  return { startMs: build(monthsAfter), endMs: build(monthsAfter + 1) };
}

/** The partition of a month: `usage_2026_11`. */
export function buildPartitionName({ startMs }: Month): string {
  const [year = '', month = ''] = new Date(startMs).toISOString().split('-');
  return `usage_${year}_${month}`;
}
