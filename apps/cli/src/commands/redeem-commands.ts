import type { RouterInputs, TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';
import { parseRowLimit } from './parse-row-limit.ts';
import { parseUserRef } from './parse-user-ref.ts';

type Worth = RouterInputs['redeem']['createBatch']['worth'];

interface CreateFlags extends ConnectFlags {
  name: string;
  count: number;
  usd?: string;
  concurrency?: number;
  group?: string;
  days?: number;
  expires?: string;
}

interface RedeemFlags extends ConnectFlags {
  user: string;
  json?: boolean;
}

/** MON-12: `tollgate code create|export|redeem|revoke`. */
export function registerRedeemCommands(program: Command): void {
  const group = commandGroup(program, 'code', 'Redeem codes');
  const create = group
    .command('create')
    .description(
      'Make redeem codes and print them as CSV: worth --usd, --concurrency, or --group with --days.',
    )
    .requiredOption('--name <name>', 'of the batch')
    .option('--count <codes>', 'how many', parseRowLimit, 1)
    .option('--usd <amount>', 'USD for the balance')
    .option('--concurrency <requests>', 'parallel requests more', parseRowLimit)
    .option('--group <name>', 'a subscription to this group')
    .option('--days <days>', 'how long the subscription is', parseRowLimit)
    .option('--expires <time>', 'when unused codes are no longer taken, e.g. 2030-01-31T00:00:00Z');
  addConnectOptions(create).action(runCreate);
  const exported = group.command('export').description('Print a batch of codes as CSV.').argument('<batch>');
  addConnectOptions(exported).action((batchId: string, flags: ConnectFlags) =>
    printCodes(connect(flags), batchId),
  );
  const redeem = group
    .command('redeem')
    .description('Redeem a code for a user.')
    .argument('<code>')
    .requiredOption('--user <user>', 'e-mail or id')
    .option('--json', 'print JSON');
  addConnectOptions(redeem).action(runRedeem);
  const revoke = group
    .command('revoke')
    .description('Revoke a code, or what is unused of a batch.')
    .argument('<id>', 'rdc_… or rdb_…');
  addConnectOptions(revoke).action(runRevoke);
}

async function runCreate(flags: CreateFlags): Promise<void> {
  const client = connect(flags);
  const { id } = await client.redeem.createBatch.mutate({
    name: flags.name,
    count: flags.count,
    worth: await readWorth(client, flags),
    ...(flags.expires === undefined ? {} : { expiresAt: flags.expires }),
  });
  // stdout is the file; the batch's id is for a later export.
  console.error(`batch ${id}`);
  await printCodes(client, id);
}

async function readWorth(
  client: TollgateClient,
  { usd, concurrency, group, days }: CreateFlags,
): Promise<Worth> {
  const given = [usd, concurrency, group].filter((one) => one !== undefined);
  if (given.length !== 1 || (group === undefined) !== (days === undefined)) {
    throw new UsageError('give --usd, --concurrency, or --group with --days');
  }
  if (usd !== undefined) return { kind: 'balance', amount: usd };
  if (concurrency !== undefined) return { kind: 'concurrency', concurrency };
  const { id: groupId } = await client.groups.get.query({ name: group ?? '' });
  return { kind: 'subscription', groupId, days: days ?? 0 };
}

async function printCodes(client: TollgateClient, batchId: string): Promise<void> {
  const { csv } = await client.redeem.exportBatch.mutate({ batchId });
  process.stdout.write(csv);
}

async function runRedeem(code: string, flags: RedeemFlags): Promise<void> {
  const client = connect(flags);
  const { id: userId } = await client.users.get.query(parseUserRef(flags.user));
  const redeemed = await client.redeem.redeem.mutate({ userId, code });
  if (flags.json) printJson(redeemed);
  else console.log(`redeemed: ${redeemed.worth.kind}, balance ${redeemed.user.balance} USD`);
}

async function runRevoke(id: string, flags: ConnectFlags): Promise<void> {
  const which = id.startsWith('rdb_') ? { batchId: id } : { codeId: id };
  const { revoked } = await connect(flags).redeem.revoke.mutate(which);
  console.log(`revoked ${revoked}`);
}
