import { formatUsd, parseUsd, picoUsd } from '@tollgate/core';
import { COUNT_FIELDS, UsageExportError, type UsageExportRow } from './usage-export-row.ts';

/** Periods × models: a year of hours with two dozen models. */
const SUMS_MAX = 200_000;

/** Passes rows with request ids on; adds up the others by period and model. A file has rows of one kind. */
export async function* sumPeriods(rows: AsyncIterable<UsageExportRow>): AsyncGenerator<UsageExportRow> {
  const sums = new Map<string, UsageExportRow>();
  let hasRequests = false;
  for await (const row of rows) {
    if (row.requestId !== null) {
      if (sums.size > 0) throw new UsageExportError('some rows have a request id, and some have none');
      hasRequests = true;
      yield row;
      continue;
    }
    if (hasRequests) throw new UsageExportError('some rows have a request id, and some have none');
    const key = `${row.from}/${row.to}/${row.model ?? ''}`;
    const sum = sums.get(key);
    if (sum) addRow(sum, row);
    else sums.set(key, { ...row });
    if (sums.size > SUMS_MAX) throw new UsageExportError(`more than ${SUMS_MAX} sums: split the export`);
  }
  yield* sums.values();
}

function addRow(sum: UsageExportRow, row: UsageExportRow): void {
  for (const field of COUNT_FIELDS) {
    const [a, b] = [sum[field], row[field]];
    sum[field] = a === null && b === null ? null : (a ?? 0) + (b ?? 0);
  }
  if (row.costUsd === null) return;
  sum.costUsd = formatUsd(picoUsd(parseUsd(sum.costUsd ?? '0') + parseUsd(row.costUsd)));
}
