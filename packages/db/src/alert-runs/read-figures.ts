import type { AlertFilter, AlertMetric } from '@tollgate/core';
import type postgres from 'postgres';
import type { Database } from '../open-database.ts';
import { FIGURE_STATEMENTS, type FigureSource } from './figure-statements.ts';

export interface FigureQuestion {
  metric: AlertMetric;
  filter: AlertFilter;
}

export interface FigureWindow {
  /** ms since 1970 UTC; what ended from here on counts. */
  fromMs: number;
  /** What ended from here on does not. */
  toMs: number;
}

export interface FigureLimits {
  /** Of the statement; then it rejects with Postgres's code 57014. */
  timeoutMs: number;
}

/**
 * Answers questions of one source over one window in one statement, in their order: decimals with up to 12 places;
 * null = there is nothing to reckon with. What counts is when a request (an attempt) ended, as it is written down then.
 */
export function readFigures(
  db: Database,
  source: FigureSource,
  { fromMs, toMs }: FigureWindow,
  questions: readonly FigureQuestion[],
  { timeoutMs }: FigureLimits,
): Promise<(string | null)[]> {
  const rules = questions.map(({ metric, filter }, n) => ({ ...filter, n, metric }));
  return runLimited(db, timeoutMs, async (tx) => {
    const statement = FIGURE_STATEMENTS[source];
    const rows = await tx.unsafe<{ n: number; figure: string | null }[]>(statement, [
      JSON.stringify(rules),
      String(fromMs),
      String(toMs),
    ]);
    const figures = new Map(rows.map(({ n, figure }) => [n, figure]));
    return questions.map((_question, n) => figures.get(n) ?? null);
  });
}

/** Accounts that the control plane itself holds for broken, by the filter; with every id that the store may know more of. */
export async function listAlertAccounts(
  db: Database,
  { platform, account, group }: AlertFilter,
  { timeoutMs }: FigureLimits,
): Promise<{ id: string; isInError: boolean }[]> {
  return runLimited(db, timeoutMs, async (tx) => [
    ...(await tx<{ id: string; isInError: boolean }[]>`
      select a.id, a.status = 'error' as "isInError" from accounts a
      where a.status <> 'disabled'
        and (${encodeValues(platform)}::text is null or ${encodeValues(platform)}::text::jsonb ? a.platform)
        and (${encodeValues(account)}::text is null or ${encodeValues(account)}::text::jsonb ? a.id)
        and (${encodeValues(group)}::text is null or exists (
          select from account_groups l where l.account_id = a.id and ${encodeValues(group)}::text::jsonb ? l.group_id))
      order by a.id`),
  ]);
}

function encodeValues(values: string[] | undefined): string | null {
  return values === undefined ? null : JSON.stringify(values);
}

/** A statement of its own transaction, as its time limit must not stay with the connection. */
function runLimited<Result>(
  db: Database,
  timeoutMs: number,
  run: (tx: postgres.TransactionSql) => Promise<Result>,
): Promise<Result> {
  return db.sql.begin('read only', async (tx) => {
    await tx.unsafe(`set local statement_timeout = ${Math.max(1, Math.trunc(timeoutMs))}`);
    return run(tx);
  }) as Promise<Result>;
}
