import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { commandGroup } from './command-group.ts';

interface AccountClearFlags extends ConnectFlags {
  model?: string;
}

export function registerAccountClear(program: Command): void {
  const command = commandGroup(program, 'account', 'Accounts')
    .command('clear')
    .description('Forget what stands against an account: it is tried again at once.')
    .argument('<name>')
    .option('--model <name>', 'only what is known about this upstream model');
  addConnectOptions(command).action(runAccountClear);
}

async function runAccountClear(name: string, flags: AccountClearFlags): Promise<void> {
  const client = connect(flags);
  const { id } = await client.accounts.get.query({ name });
  await client.accounts.clearState.mutate(
    flags.model === undefined ? { id } : { id, upstreamModel: flags.model },
  );
  console.log(`account ${name} is clear`);
}
