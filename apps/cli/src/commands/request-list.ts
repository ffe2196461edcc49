import type { RouterInputs, RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';
import { parseRowLimit } from './parse-row-limit.ts';

interface RequestListFlags extends ConnectFlags {
  user?: string;
  model?: string;
  error?: string;
  failed?: boolean;
  limit: number;
  json?: boolean;
}

type RequestRow = RouterOutputs['requests']['list']['items'][number];
type RequestFilter = Omit<Exclude<RouterInputs['requests']['list'], void>, 'limit' | 'cursor'>;

const COLUMNS = [
  'at',
  'requestId',
  'user',
  'endpoint',
  'model',
  'status',
  'errorCode',
  'attempts',
  'durationMs',
] as const satisfies readonly (keyof RequestRow)[];

export function registerRequestList(program: Command): void {
  const command = commandGroup(program, 'request', 'What was decided for requests')
    .command('list')
    .description('List calls to models, newest first.')
    .option('--user <email>', 'of one user')
    .option('--model <name>', 'of one model, as clients ask for it')
    .option('--error <code>', 'that ended with one error, e.g. no_account')
    .option('--failed', 'that were not answered with 2xx')
    .option('--limit <rows>', 'at most so many rows', parseRowLimit, 100)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runRequestList);
}

async function runRequestList({ limit, json, ...flags }: RequestListFlags): Promise<void> {
  const filter: RequestFilter = { failedOnly: flags.failed === true };
  if (flags.user !== undefined) filter.user = flags.user;
  if (flags.model !== undefined) filter.model = flags.model;
  if (flags.error !== undefined) filter.errorCode = flags.error;
  const client = connect(flags);
  const rows = await readPages(limit, (page) => client.requests.list.query({ ...filter, ...page }));
  if (json) return printJson(rows);
  const cells = rows.map((row) => COLUMNS.map((column) => row[column]));
  console.log(renderTable(COLUMNS, cells));
}
