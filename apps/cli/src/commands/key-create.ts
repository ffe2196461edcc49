import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { commandGroup } from './command-group.ts';

interface KeyCreateFlags extends ConnectFlags {
  user: string;
  name: string;
  group: string[];
  key?: string;
  json?: boolean;
}

export function registerKeyCreate(program: Command): void {
  const command = commandGroup(program, 'key', 'API keys')
    .command('create')
    .description('Make an API key. It is shown once.')
    .requiredOption('--user <email>', 'the owner')
    .requiredOption('--name <name>', "unique among the owner's keys")
    .requiredOption('--group <name...>', 'groups, in the order in which they are tried')
    .option('--key <key>', 'a key of your own choice: 16 or more of A-Z a-z 0-9 _ -')
    .option('--json', 'print the whole key object as JSON');
  addConnectOptions(command).action(runKeyCreate);
}

async function runKeyCreate(flags: KeyCreateFlags): Promise<void> {
  const client = connect(flags);
  const user = await client.users.get.query({ email: flags.user });
  const groups = await Promise.all(flags.group.map((name) => client.groups.get.query({ name })));
  const groupIds = groups.map((group) => group.id);
  const wanted = { userId: user.id, name: flags.name, groupIds };
  const created = await client.keys.create.mutate(flags.key ? { ...wanted, key: flags.key } : wanted);
  if (flags.json) printJson(created);
  else console.log(created.plainKey);
}
