import type { TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { addChangeOptions, connectChanging, type ChangeFlags } from '../in-force.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';
import { listKeys } from './key-list.ts';

interface KeyRevokeFlags extends ChangeFlags {
  user?: string;
  name?: string;
  delete?: boolean;
}

export function registerKeyRevoke(program: Command): void {
  const command = commandGroup(program, 'key', 'API keys')
    .command('revoke')
    .description('Disable an API key on every node, or delete it.')
    .argument('[id]', 'the key by its id; else give --user and --name')
    .option('--user <email>', 'the owner')
    .option('--name <name>', "the key's name")
    .option('--delete', 'delete it; a disabled key can be made active again');
  addChangeOptions(command).action(runKeyRevoke);
}

async function runKeyRevoke(givenId: string | undefined, flags: KeyRevokeFlags): Promise<void> {
  const { client, describeInForce } = connectChanging(flags);
  const id = givenId ?? (await findKeyId(client, flags));
  if (flags.delete) await client.keys.delete.mutate({ id });
  else await client.keys.update.mutate({ id, status: 'disabled' });
  console.log(`key ${id} is ${flags.delete ? 'deleted' : 'disabled'}`);
  const inForce = await describeInForce();
  if (inForce !== null) console.log(inForce);
}

async function findKeyId(client: TollgateClient, { user, name }: KeyRevokeFlags): Promise<string> {
  if (user === undefined || name === undefined) {
    throw new UsageError('which key? Give its id, or --user and --name');
  }
  const { id: userId } = await client.users.get.query({ email: user });
  const found = (await listKeys(client, { userId })).find((key) => key.name === name);
  if (found) return found.id;
  throw new Error(`${user} has no key of the name ${name}`);
}
