import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { Option, type Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';

interface KeyListFlags extends ConnectFlags {
  user?: string;
  status?: 'active' | 'disabled';
  json?: boolean;
}

type Key = RouterOutputs['keys']['list']['items'][number];

interface Filter {
  userId?: string;
  status?: 'active' | 'disabled';
}

const COLUMNS = ['id', 'key', 'user', 'name', 'status', 'groups', 'expires'];

export function registerKeyList(program: Command): void {
  const command = commandGroup(program, 'key', 'API keys')
    .command('list')
    .description('List API keys, oldest first; of a key itself only its first characters are known.')
    .option('--user <email>', 'only those of this owner')
    .addOption(new Option('--status <status>', 'only those in this state').choices(['active', 'disabled']))
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runKeyList);
}

async function runKeyList({ user, status, ...flags }: KeyListFlags): Promise<void> {
  const client = connect(flags);
  const userId = user === undefined ? undefined : (await client.users.get.query({ email: user })).id;
  const keys = await listKeys(client, {
    ...(userId !== undefined && { userId }),
    ...(status !== undefined && { status }),
  });
  if (flags.json) printJson(keys);
  else console.log(renderTable(COLUMNS, keys.map(buildRow)));
}

/** All of them. */
export function listKeys(client: TollgateClient, filter: Filter): Promise<Key[]> {
  return readPages(Infinity, (page) => client.keys.list.query({ ...filter, ...page }));
}

function buildRow({ id, prefix, userEmail, name, status, groups, expiresAt }: Key): unknown[] {
  return [id, prefix, userEmail, name, status, groups.map((group) => group.name).join(','), expiresAt];
}
