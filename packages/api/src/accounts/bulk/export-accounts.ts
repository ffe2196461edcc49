import { schema } from '@tollgate/db';
import { gt } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { encodeCsv, type CsvCell } from '../../csv/encode-csv.ts';
import { buildPage } from '../../fields/page-fields.ts';
import type { ApiServices } from '../../base/context.ts';
import { loadAccounts, type StoredAccount } from '../load-accounts.ts';
import { openCredentials, selectGivenTokenEnd } from '../seal-credentials.ts';
import { CSV_COLUMNS } from './import-row.ts';

const ROWS_MAX = 500;

const inputSchema = z.strictObject({
  format: z.enum(['csv', 'json']).default('csv'),
  limit: z.int().min(1).max(ROWS_MAX).default(ROWS_MAX),
  cursor: z.string().max(200).nullish(),
});

const outputSchema = z.strictObject({
  /** A whole file of its own for each page: CSV has its header line each time. */
  content: z.string(),
  count: z.int(),
  nextCursor: z.string().nullable(),
});

/**
 * Accounts in the form that an import takes, oldest first. No secrets of accounts and no user or password of a proxy:
 * those never come out again, and whoever imports the file has to fill them in.
 */
export const exportAccounts = adminProcedure
  .input(inputSchema.prefault({}))
  .output(outputSchema)
  .query(async ({ ctx, input: { format, limit, cursor } }) => {
    const after = cursor ? gt(schema.accounts.id, cursor) : undefined;
    const stored = await loadAccounts(ctx.services.db, after, limit + 1);
    const page = buildPage(
      stored,
      limit,
      (one) => buildRow(ctx.services, one),
      ({ account }) => account.id,
    );
    const content = format === 'json' ? `${JSON.stringify(page.items, null, 2)}\n` : encodeRows(page.items);
    return { content, count: page.items.length, nextCursor: page.nextCursor };
  });

type Row = Record<string, unknown>;

function buildRow(services: ApiServices, stored: StoredAccount): Row {
  const { account } = stored;
  const opened = openCredentials(services, account.id, stored.sealedCredentials);
  const tokenEnd = selectGivenTokenEnd(stored, opened);
  const fields = Object.values(CSV_COLUMNS).map(({ field }) => field);
  const shown = account as unknown as Row;
  const settings = fields.filter((field) => field in shown && field !== 'groups');
  const row = Object.fromEntries(settings.map((field) => [field, shown[field]]));
  const own = account.groups.filter(({ priority }) => priority !== null);
  return {
    ...row,
    // `error` is what the gateway has found here: another installation finds out by itself.
    status: account.status === 'error' ? undefined : account.status,
    ...(tokenEnd !== null && { credentials: { expires_at: tokenEnd } }),
    groups: account.groups.map(({ name }) => name),
    ...(own.length > 0 && {
      groupPriorities: Object.fromEntries(own.map(({ name, priority }) => [name, priority])),
    }),
  };
}

function encodeRows(rows: readonly Row[]): string {
  const columns = Object.entries(CSV_COLUMNS);
  return encodeCsv(
    columns.map(([name]) => name),
    rows.map((row) => columns.map(([, { field, kind }]) => encodeField(getField(row, field), kind))),
  );
}

function getField(row: Row, field: string): unknown {
  const [outer = '', inner] = field.split('.');
  const value = row[outer];
  return inner === undefined ? value : (value as Row | undefined)?.[inner];
}

function encodeField(value: unknown, kind: string): CsvCell {
  if (value === undefined || value === null) return null;
  if (kind === 'names' && Array.isArray(value)) return value.join(';');
  if (kind === 'json') return JSON.stringify(value);
  return typeof value === 'number' ? value : String(value);
}
