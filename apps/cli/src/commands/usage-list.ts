import type { RouterInputs, RouterOutputs, TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
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

const PAGE_ROWS = 200;
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
  const rows = await readRows(connect(flags), filter, limit);
  if (json) printJson(rows);
  else
    console.log(
      renderTable(
        COLUMNS,
        rows.map((row) => COLUMNS.map((column) => row[column])),
      ),
    );
}

async function readRows(client: TollgateClient, filter: UsageFilter, limit: number): Promise<UsageRow[]> {
  const rows: UsageRow[] = [];
  let cursor: string | null = null;
  do {
    const pageLimit = Math.min(PAGE_ROWS, limit - rows.length);
    const page: RouterOutputs['usage']['list'] = await client.usage.list.query({
      ...filter,
      limit: pageLimit,
      cursor,
    });
    rows.push(...page.items);
    cursor = page.nextCursor;
  } while (cursor !== null && rows.length < limit);
  return rows;
}
