import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { basename } from 'node:path';
import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { parseUsageExport, type ExportProvider, type UsageExportRow } from '@tollgate/api/usage-exports';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { readPages } from '../read-pages.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';

interface ReconcileFlags extends ConnectFlags {
  account: string;
  all?: boolean;
  json?: boolean;
}

type Report = RouterOutputs['reconciliations']['get'];
type DriftRow = RouterOutputs['reconciliations']['drift']['items'][number];

const PART_ROWS = 500;
const COLUMNS = [
  'from',
  'to',
  'model',
  'requests',
  'input',
  'cache_read',
  'cache_write',
  'output',
  'usd',
  'ours',
  'theirs',
];

/** MON-13 */
export function registerReconcile(program: Command): void {
  const command = program
    .command('reconcile')
    .description("Compare a provider's usage export (CSV or JSON) with what is booked of an account.")
    .argument('<file>')
    .requiredOption('--account <name>', 'the account that the export is about')
    .option('--all', 'also periods and models in which both sides say the same')
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runReconcile);
}

async function runReconcile(file: string, flags: ReconcileFlags): Promise<void> {
  const client = connect(flags);
  const fileHash = await hashFile(file);
  const { id: accountId } = await client.accounts.get.query({ name: flags.account });
  const { reconciliations } = client;
  const begun = await reconciliations.begin.mutate({ accountId, fileName: basename(file), fileHash });
  const report = begun.replayed
    ? await reconciliations.get.query({ id: begun.id })
    : await sendFile(client, begun, file);
  const drift = await readDrift(client, begun.id, flags.all !== true);
  if (flags.json) printJson({ ...report, replayed: begun.replayed, drift });
  else console.log(renderReport(report, drift, begun.replayed));
}

async function hashFile(file: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(file)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

/** Read and sent piece by piece: the file may be larger than memory. */
async function sendFile(
  client: TollgateClient,
  { id, provider }: { id: string; provider: ExportProvider },
  file: string,
): Promise<Report> {
  let rows: UsageExportRow[] = [];
  let part = 0;
  const flush = async (): Promise<void> => {
    if (rows.length === 0) return;
    await client.reconciliations.addRows.mutate({ id, part, rows });
    part += 1;
    rows = [];
  };
  for await (const row of parseUsageExport(createReadStream(file), provider)) {
    rows.push(row);
    if (rows.length >= PART_ROWS) await flush();
  }
  await flush();
  return client.reconciliations.finish.mutate({ id });
}

function readDrift(client: TollgateClient, id: string, driftOnly: boolean): Promise<DriftRow[]> {
  return readPages(Infinity, (page) => client.reconciliations.drift.query({ id, driftOnly, ...page }));
}

function renderReport(report: Report, drift: readonly DriftRow[], replayed: boolean): string {
  const { matchedBy, missingOurs, missingTheirs, totals } = report;
  const head = [
    `${replayed ? 'compared before' : 'compared'} by ${matchedBy ?? '-'}: ${report.from ?? '-'} to ${report.to ?? '-'} (${report.id})`,
    ...(matchedBy === 'request'
      ? [`only the provider knows ${missingOurs} request(s), only we know ${missingTheirs}`]
      : []),
    'Differences: theirs - ours; ours and theirs in USD.',
  ];
  const rows = [...drift.map(buildCells), buildCells({ from: 'total', to: '', model: '', ...totals })];
  return [...head, renderTable(COLUMNS, rows)].join('\n');
}

function buildCells({ from, to, model, ours, theirs, difference }: DriftRow): unknown[] {
  const { cacheWrite5mTokens: short, cacheWrite1hTokens: long } = difference;
  const written = short === null && long === null ? null : (short ?? 0) + (long ?? 0);
  const tokens = [difference.inputTokens, difference.cacheReadTokens, written, difference.outputTokens];
  return [from, to, model, difference.requests, ...tokens, difference.costUsd, ours.costUsd, theirs.costUsd];
}
