import type { RouterInputs, RouterOutputs, TollgateClient } from '@tollgate/api';
import { Option, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { readPages } from '../../read-pages.ts';
import { commandGroup } from '../command-group.ts';

type PriceFilter = Omit<Exclude<RouterInputs['prices']['list'], void>, 'limit' | 'cursor'>;
type Price = RouterOutputs['prices']['list']['items'][number];

interface PricesListFlags extends ConnectFlags {
  platform?: NonNullable<PriceFilter['platform']>;
  search?: string;
  at?: string;
  version?: string;
  json?: boolean;
}

const COLUMNS = [
  'model',
  'platform',
  'input',
  'output',
  'cache_read',
  'cache_write_5m',
  'max_output',
  'since',
];

export function registerPricesList(program: Command): void {
  const command = commandGroup(program, 'prices', 'Prices')
    .command('list')
    .description('List prices in USD per million tokens, one row a model.')
    .addOption(new Option('--platform <name>').choices(['anthropic', 'openai', 'gemini', 'antigravity']))
    .option('--search <text>', "part of the model's name")
    .option('--at <instant>', 'prices at this moment; now when left out')
    .option('--version <version>', 'of a stored version; the one in force when left out')
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runPricesList);
}

async function runPricesList({
  json,
  platform,
  search,
  at,
  version,
  ...flags
}: PricesListFlags): Promise<void> {
  const filter: PriceFilter = {
    ...(platform !== undefined && { platform }),
    ...(search !== undefined && { search }),
    ...(at !== undefined && { at }),
    ...(version !== undefined && { version }),
  };
  const prices = await readAll(connect(flags), filter);
  if (json) printJson(prices);
  else console.log(renderTable(COLUMNS, prices.map(buildRow)));
}

function buildRow({ model, platform, prices, maxOutputTokens, effectiveFrom }: Price): unknown[] {
  const { input, output, cacheRead, cacheWrite5m } = prices;
  return [model, platform, input, output, cacheRead, cacheWrite5m, maxOutputTokens, effectiveFrom];
}

function readAll(client: TollgateClient, filter: PriceFilter): Promise<Price[]> {
  return readPages(Infinity, (page) => client.prices.list.query({ ...filter, ...page }));
}
