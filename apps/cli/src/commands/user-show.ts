import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { commandGroup } from './command-group.ts';

interface UserShowFlags extends ConnectFlags {
  json?: boolean;
}

export function registerUserShow(program: Command): void {
  const command = commandGroup(program, 'user', 'Users')
    .command('show')
    .description('Show a user with the balance.')
    .argument('<email>')
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runUserShow);
}

async function runUserShow(email: string, flags: UserShowFlags): Promise<void> {
  const user = await connect(flags).users.get.query({ email });
  const { status, role, balance, concurrency, rpm } = user;
  const shown = { email: user.email, status, role, balance, concurrency, rpm };
  if (flags.json) printJson(shown);
  else console.log(renderTable(Object.keys(shown), [Object.values(shown)]));
}
