import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { commandGroup } from './command-group.ts';

interface UserLimitsFlags extends ConnectFlags {
  json?: boolean;
}

const COLUMNS = ['limit_of', 'name', 'unit', 'used', 'limit', 'override', 'resets_in_s'];

export function registerUserLimits(program: Command): void {
  const command = commandGroup(program, 'user', 'Users')
    .command('limits')
    .description("Show a user's present use of each limit a minute.")
    .argument('<email>')
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runUserLimits);
}

async function runUserLimits(email: string, flags: UserLimitsFlags): Promise<void> {
  const status = await connect(flags).users.rpmStatus.query({ email });
  if (flags.json) {
    printJson(status);
    return;
  }
  const rows = status.limits.map(({ subject, name, unit, used, limit, isOverride, resetMs }) => [
    subject,
    name,
    unit,
    used,
    limit,
    isOverride ? 'yes' : null,
    Math.ceil(resetMs / 1000),
  ]);
  console.log(renderTable(COLUMNS, rows));
}
