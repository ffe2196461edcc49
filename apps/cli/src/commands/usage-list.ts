import type { RouterInputs, RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';
import { parseRowLimit } from './parse-row-limit.ts';

interface UsageListFlags extends ConnectFlags {
  user?: string;
  model?: string;
  request?: string;
  limit: number;
  json?: boolean;
}

type UsageRow = RouterOutputs['usage']['list']['items'][number];
type UsageFilter = Omit<Exclude<RouterInputs['usage']['list'], void>, 'limit' | 'cursor'>;

const COLUMNS = [
  'at',
  'request_id',
  'user',
  'model',
  'status',
  'state',
  'input_tokens',
  'output_tokens',
  'actual_cost_usd',
] as const satisfies readonly (keyof UsageRow)[];

export function registerUsageList(program: Command): void {
  const command = commandGroup(program, 'usage', 'Usage and costs')
    .command('list')
    .description('List usage, one row an attempt, newest first.')
    .option('--user <email>', 'of one user')
    .option('--model <name>', 'of one model, as clients ask for it')
    .option('--request <id>', 'of one request')
    .option('--limit <rows>', 'at most so many rows', parseRowLimit, 100)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runUsageList);
}

async function runUsageList({ limit, json, ...flags }: UsageListFlags): Promise<void> {
  const filter: UsageFilter = {};
  if (flags.user !== undefined) filter.user = flags.user;
  if (flags.model !== undefined) filter.model = flags.model;
  if (flags.request !== undefined) filter.requestId = flags.request;
  const client = connect(flags);
  const rows = await readPages(limit, (page) => client.usage.list.query({ ...filter, ...page }));
  if (json) printJson(rows);
  else
    console.log(
      renderTable(
        COLUMNS,
        rows.map((row) => COLUMNS.map((column) => row[column])),
      ),
    );
}
