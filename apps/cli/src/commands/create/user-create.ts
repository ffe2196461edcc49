import { Option, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { commandGroup } from '../command-group.ts';

interface UserCreateFlags extends ConnectFlags {
  balance?: string;
  role?: 'admin' | 'user';
  json?: boolean;
}

export function registerUserCreate(program: Command): void {
  const command = commandGroup(program, 'user', 'Users')
    .command('create')
    .description('Make a user, with money to begin with.')
    .argument('<email>')
    .option('--balance <amount>', 'opening balance in USD, e.g. 12.50')
    .addOption(new Option('--role <role>', 'what the user may do here').choices(['admin', 'user']))
    .option('--json', 'print JSON');
  addConnectOptions(command).action(runUserCreate);
}

async function runUserCreate(email: string, flags: UserCreateFlags): Promise<void> {
  const client = connect(flags);
  const { balance, role } = flags;
  const user = await client.users.create.mutate({ email, ...(role && { role }) });
  if (balance !== undefined) {
    // Two calls: who is stopped between them sees the user, and `balance add` with the same key books once.
    const idempotencyKey = `opening-${user.id}`;
    const note = 'opening balance';
    await client.balances.adjust.mutate({
      userId: user.id,
      kind: 'top-up',
      amount: balance,
      note,
      idempotencyKey,
    });
  }
  const made = await client.users.get.query({ id: user.id });
  if (flags.json) printJson(made);
  else console.log(`user ${made.email} (${made.id}), balance ${made.balance} USD`);
}
