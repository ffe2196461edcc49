import { readFile, stat } from 'node:fs/promises';
import type { RouterInputs, RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';

type Patch = RouterInputs['accounts']['bulkUpdate']['patch'];

interface ImportFlags extends ConnectFlags {
  dryRun?: boolean;
}

interface ExportFlags extends ConnectFlags {
  format: string;
}

interface UpdateFlags extends ConnectFlags {
  set: string[];
}

/** The API takes 4 MB; whatever is larger is another file by mistake. */
const FILE_BYTES_MAX = 4_000_000;

/** `tollgate account import|export|update`. */
export function registerAccountBulkCommands(program: Command): void {
  const group = commandGroup(program, 'account', 'Accounts');
  const importing = group
    .command('import')
    .description('Create all accounts of a CSV or JSON file, or none of them.')
    .argument('<file>')
    .option('--dry-run', 'check everything and create nothing');
  addConnectOptions(importing).action(runImport);
  const exporting = group
    .command('export')
    .description('Print all accounts without their secrets, in the form that import takes.')
    .option('--format <format>', 'csv or json', 'csv');
  addConnectOptions(exporting).action(runExport);
  const updating = group
    .command('update')
    .description('Change settings of several accounts at once, of all or of none.')
    .argument('<names...>')
    .requiredOption('--set <field=value...>', 'e.g. concurrency=5 status=disabled, names as in the API');
  addConnectOptions(updating).action(runUpdate);
}

async function runImport(file: string, flags: ImportFlags): Promise<void> {
  const { size } = await stat(file);
  if (size > FILE_BYTES_MAX) throw new UsageError(`${file} is larger than ${FILE_BYTES_MAX} bytes: split it`);
  const content = await readFile(file, 'utf8');
  const format = file.toLowerCase().endsWith('.json') ? 'json' : 'csv';
  const dryRun = flags.dryRun === true;
  const { accounts } = await connect(flags).accounts.importMany.mutate({ format, content, dryRun });
  console.log(`${accounts.length} account(s) ${dryRun ? 'could be created' : 'created'}`);
}

async function runExport(flags: ExportFlags): Promise<void> {
  const { format } = flags;
  if (format !== 'csv' && format !== 'json') throw new UsageError('--format is csv or json');
  const client = connect(flags);
  const pages: string[] = [];
  let cursor: string | null = null;
  do {
    const page: RouterOutputs['accounts']['export'] = await client.accounts.export.query({ format, cursor });
    pages.push(page.content);
    cursor = page.nextCursor;
  } while (cursor !== null);
  process.stdout.write(format === 'csv' ? joinCsv(pages) : joinJson(pages));
}

/** Of all header lines the first is enough; no cell of the header has a line break. */
function joinCsv([first = '', ...others]: readonly string[]): string {
  return first + others.map((page) => page.slice(page.indexOf('\n') + 1)).join('');
}

function joinJson(pages: readonly string[]): string {
  return `${JSON.stringify(
    pages.flatMap((page) => JSON.parse(page) as unknown[]),
    null,
    2,
  )}\n`;
}

async function runUpdate(names: string[], flags: UpdateFlags): Promise<void> {
  const patch = Object.fromEntries(flags.set.map(parseSetting)) as Patch;
  const client = connect(flags);
  const accounts = await Promise.all(names.map((name) => client.accounts.get.query({ name })));
  const ids = accounts.map(({ id }) => id);
  const { changed, unchanged } = await client.accounts.bulkUpdate.mutate({ ids, patch });
  console.log(`changed ${changed.length}, unchanged ${unchanged.length}`);
}

/** Numbers, true, false, null, lists and objects as JSON; all else is text. The API checks the rest. */
function parseSetting(text: string): [string, unknown] {
  const at = text.indexOf('=');
  if (at < 1) throw new UsageError(`--set takes field=value, not ${text}`);
  const value = text.slice(at + 1);
  try {
    return [text.slice(0, at), JSON.parse(value)];
  } catch {
    return [text.slice(0, at), value];
  }
}
