import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';
import { parseRowLimit } from './parse-row-limit.ts';
import { parseUserRef } from './parse-user-ref.ts';

interface LedgerFlags extends ConnectFlags {
  limit: number;
  json?: boolean;
}

export function registerLedgerShow(program: Command): void {
  const command = commandGroup(program, 'ledger', "Movements of users' balances")
    .command('show')
    .description('Show the movements of a balance, newest first, with the balance after each.')
    .argument('<user>', 'e-mail or id')
    .option('--limit <rows>', 'at most so many rows', parseRowLimit, 100)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runLedgerShow);
}

async function runLedgerShow(user: string, { limit, json, ...flags }: LedgerFlags): Promise<void> {
  const client = connect(flags);
  const ref = parseUserRef(user);
  // The ledger outlives the user: an id needs no look-up.
  const userId = 'id' in ref ? ref.id : (await client.users.get.query(ref)).id;
  const rows = await readPages(limit, (page) => client.balances.ledger.query({ userId, ...page }));
  if (json) printJson(rows);
  else {
    const columns = ['at', 'kind', 'amount', 'balance', 'about'];
    const cells = rows.map(({ at, kind, amount, balance, attemptId, note }) => [
      at,
      kind,
      amount,
      balance,
      attemptId ?? note,
    ]);
    console.log(renderTable(columns, cells));
  }
}
