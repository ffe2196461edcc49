import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { commandGroup } from '../command-group.ts';

interface PricesVersionsFlags extends ConnectFlags {
  json?: boolean;
}

const VERSIONS_MAX = 100;
const COLUMNS = ['version', 'source', 'in_force', 'created_at', 'note'];

export function registerPricesVersions(program: Command): void {
  const command = commandGroup(program, 'prices', 'Prices')
    .command('versions')
    .description(`List the last ${VERSIONS_MAX} price books that were in force, newest first.`)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runPricesVersions);
}

async function runPricesVersions(flags: PricesVersionsFlags): Promise<void> {
  const { items } = await connect(flags).prices.versions.list.query({ limit: VERSIONS_MAX });
  if (flags.json) {
    printJson(items);
    return;
  }
  const rows = items.map(({ version, source, isInForce, createdAt, note }) => [
    version,
    source,
    isInForce ? 'yes' : null,
    createdAt,
    note,
  ]);
  console.log(renderTable(COLUMNS, rows));
}
