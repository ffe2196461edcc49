import { InvalidArgumentError, type Command } from 'commander';
import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { UsageError } from '../usage-error.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';
import { parseUserRef } from './parse-user-ref.ts';

type Subscription = RouterOutputs['subscriptions']['get'];

interface Flags extends ConnectFlags {
  json?: boolean;
}

interface TermFlags extends Flags {
  days?: number;
  until?: string;
}

interface AssignFlags extends TermFlags {
  group: string;
  extend?: boolean;
  note?: string;
}

interface ListFlags extends Flags {
  user?: string;
  group?: string;
  state?: Subscription['state'];
}

const COLUMNS = ['id', 'user', 'group', 'state', 'expires_at', 'day', 'week', 'month'];
const STATES = ['active', 'pending', 'expired', 'suspended', 'revoked'];

/** MON-9: `tollgate subscription …`. */
export function registerSubscriptionCommands(program: Command): void {
  const group = commandGroup(program, 'subscription', 'Subscriptions of users to groups');
  const assign = group
    .command('assign')
    .description('Give a user a subscription to a group of type subscription.')
    .argument('<user>', 'e-mail or id')
    .requiredOption('--group <name>', 'the group')
    .option('--extend', 'when the user has one already, add the term to it')
    .option('--note <text>', 'for admins');
  addTermOptions(assign).action(runAssign);
  const list = group
    .command('list')
    .description('List subscriptions with what is spent of their windows, oldest first.')
    .option('--user <user>', 'of one user: e-mail or id')
    .option('--group <name>', 'of one group')
    .option('--state <state>', STATES.join(', '));
  addOptions(list).action(runList);
  const extend = group.command('extend').description('Let a subscription end later.').argument('<id>');
  addTermOptions(extend).action(runExtend);
  for (const [name, description] of CHANGES) {
    const command = group.command(name).description(description).argument('<id>');
    addOptions(command).action((id: string, flags: Flags) => runChange(name, id, flags));
  }
}

const CHANGES = [
  ['suspend', 'Refuse requests until it is resumed; its time runs on.'],
  ['resume', 'End a suspension.'],
  ['revoke', 'End a subscription for good.'],
] as const;

function addOptions(command: Command): Command {
  return addConnectOptions(command.option('--json', 'print JSON'));
}

function addTermOptions(command: Command): Command {
  return addOptions(
    command
      .option('--days <days>', 'how long, in days of 24 hours', parseDays)
      .option('--until <time>', 'until when, e.g. 2030-01-31T00:00:00Z'),
  );
}

async function runAssign(user: string, flags: AssignFlags): Promise<void> {
  const client = connect(flags);
  const term = readTerm(flags);
  const { id: userId } = await client.users.get.query(parseUserRef(user));
  const { id: groupId } = await client.groups.get.query({ name: flags.group });
  const { action, subscription } = await client.subscriptions.assign.mutate({
    ...term,
    userId,
    groupId,
    ifExists: flags.extend ? 'extend' : 'conflict',
    ...(flags.note === undefined ? {} : { note: flags.note }),
  });
  if (flags.json) printJson({ action, subscription });
  else console.log(`${action}\n${renderSubscriptions([subscription])}`);
}

async function runExtend(id: string, flags: TermFlags): Promise<void> {
  show(await connect(flags).subscriptions.extend.mutate({ id, ...readTerm(flags) }), flags);
}

async function runChange(name: 'suspend' | 'resume' | 'revoke', id: string, flags: Flags): Promise<void> {
  show(await connect(flags).subscriptions[name].mutate({ id }), flags);
}

async function runList(flags: ListFlags): Promise<void> {
  const client = connect(flags);
  const user = flags.user === undefined ? null : await client.users.get.query(parseUserRef(flags.user));
  const group = flags.group === undefined ? null : await client.groups.get.query({ name: flags.group });
  const all = await readAll(client, {
    ...(user && { userId: user.id }),
    ...(group && { groupId: group.id }),
    ...(flags.state && { state: flags.state }),
  });
  if (flags.json) printJson(all);
  else console.log(renderSubscriptions(all));
}

function readAll(
  client: TollgateClient,
  filter: { userId?: string; groupId?: string; state?: Subscription['state'] },
): Promise<Subscription[]> {
  return readPages(Infinity, (page) => client.subscriptions.list.query({ ...filter, ...page }));
}

function show(subscription: Subscription, { json }: Flags): void {
  if (json) printJson(subscription);
  else console.log(renderSubscriptions([subscription]));
}

function renderSubscriptions(subscriptions: readonly Subscription[]): string {
  const rows = subscriptions.map(({ id, userEmail, groupName, state, expiresAt, windows }) => [
    id,
    userEmail,
    groupName,
    state,
    expiresAt,
    ...[windows.day, windows.week, windows.month].map(({ spent, limit }) => `${spent}/${limit ?? '-'}`),
  ]);
  return renderTable(COLUMNS, rows);
}

function readTerm({ days, until }: TermFlags): { days: number } | { expiresAt: string } {
  if ((days === undefined) === (until === undefined)) throw new UsageError('give either --days or --until');
  return days === undefined ? { expiresAt: until ?? '' } : { days };
}

function parseDays(text: string): number {
  const days = Number(text);
  if (!Number.isInteger(days) || days < 1)
    throw new InvalidArgumentError('expected a whole number from 1 on');
  return days;
}
