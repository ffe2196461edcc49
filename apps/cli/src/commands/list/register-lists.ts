import type { TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { readPages } from '../../read-pages.ts';
import { commandGroup } from '../command-group.ts';

interface ListFlags extends ConnectFlags {
  json?: boolean;
}

interface Listing<Item> {
  /** The command that it belongs to: `<object> list`. */
  object: string;
  title: string;
  description: string;
  read(client: TollgateClient): Promise<Item[]>;
  columns: readonly string[];
  row(item: Item): readonly unknown[];
}

/** `tollgate group|account|user list`. */
export function registerLists(program: Command): void {
  registerList(program, {
    object: 'group',
    title: 'Groups: what keys are sold into',
    description: 'List groups.',
    read: (client) => readPages(Infinity, (page) => client.groups.list.query(page)),
    columns: ['name', 'platform', 'type', 'status', 'rate', 'rpm', 'id'],
    row: ({ name, platform, type, status, rateMultiplier, rpm, id }) => [
      name,
      platform,
      type,
      status,
      rateMultiplier,
      rpm,
      id,
    ],
  });
  registerList(program, {
    object: 'account',
    title: 'Accounts',
    description: 'List upstream accounts; `account states` shows what stands against them.',
    read: (client) => readPages(Infinity, (page) => client.accounts.list.query(page)),
    columns: ['name', 'platform', 'kind', 'status', 'concurrency', 'priority', 'groups', 'id'],
    row: ({ name, platform, kind, status, concurrency, priority, groups, id }) => [
      name,
      platform,
      kind,
      status,
      concurrency,
      priority,
      showNames(groups),
      id,
    ],
  });
  registerList(program, {
    object: 'user',
    title: 'Users',
    description: 'List users.',
    read: (client) => readPages(Infinity, (page) => client.users.list.query(page)),
    columns: ['email', 'role', 'status', 'balance', 'concurrency', 'rpm', 'id'],
    row: ({ email, role, status, balance, concurrency, rpm, id }) => [
      email,
      role,
      status,
      balance,
      concurrency,
      rpm,
      id,
    ],
  });
}

function registerList<Item>(program: Command, listing: Listing<Item>): void {
  const command = commandGroup(program, listing.object, listing.title)
    .command('list')
    .description(listing.description)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(async (flags: ListFlags) => {
    const items = await listing.read(connect(flags));
    if (flags.json) printJson(items);
    else console.log(renderTable(listing.columns, items.map(listing.row)));
  });
}

function showNames(groups: readonly { name: string }[]): string | null {
  return groups.length === 0 ? null : groups.map(({ name }) => name).join(',');
}
