import type { Command } from 'commander';
import { addChangeOptions, connectChanging, type ChangeFlags } from '../in-force.ts';
import { printJson } from '../output/print-json.ts';
import { commandGroup } from './command-group.ts';

interface KeyCreateFlags extends ChangeFlags {
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
  addChangeOptions(command).action(runKeyCreate);
}

async function runKeyCreate(flags: KeyCreateFlags): Promise<void> {
  const { client, describeInForce } = connectChanging(flags);
  const user = await client.users.get.query({ email: flags.user });
  const groups = await Promise.all(flags.group.map((name) => client.groups.get.query({ name })));
  const groupIds = groups.map((group) => group.id);
  const wanted = { userId: user.id, name: flags.name, groupIds };
  const created = await client.keys.create.mutate(flags.key ? { ...wanted, key: flags.key } : wanted);
  if (flags.json) printJson(created);
  else console.log(created.plainKey);
  const inForce = await describeInForce();
  // Not among what a script reads.
  if (inForce !== null) console.error(inForce);
}
