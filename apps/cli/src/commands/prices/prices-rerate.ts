import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { commandGroup } from '../command-group.ts';

type Plan = RouterOutputs['prices']['rerate']['get'];

interface ShowFlags extends ConnectFlags {
  json?: boolean;
}

interface PlanFlags extends ShowFlags {
  from: string;
  to: string;
  reason: string;
  version?: string;
  user?: string;
  model?: string;
  unpricedOnly?: boolean;
}

const USER_COLUMNS = ['user', 'attempts', 'cost_difference_usd', 'balance_difference_usd'];
const MODEL_COLUMNS = ['model', 'attempts', 'standard_difference_usd', 'cost_difference_usd'];

export function registerPricesRerate(program: Command): void {
  const rerate = commandGroup(
    commandGroup(program, 'prices', 'Prices'),
    'rerate',
    'Price past usage with another price book: plan, look, book',
  );
  registerPlan(rerate);
  const show = rerate
    .command('show')
    .description('Show a plan with its differences.')
    .argument('<plan>', 'its id')
    .option('--json', 'print JSON');
  addConnectOptions(show).action(async (planId: string, flags: ShowFlags) =>
    printPlan(await connect(flags).prices.rerate.get.query({ planId }), flags),
  );
  const book = rerate
    .command('book')
    .description('Book a plan: usage gets the new costs, users an adjustment. A plan is booked once.')
    .argument('<plan>', 'its id');
  addConnectOptions(book).action(runBook);
}

function registerPlan(rerate: Command): void {
  const plan = rerate
    .command('plan')
    .description('Store what pricing past usage anew would change, and show it. Nothing moves.')
    .requiredOption('--from <instant>', 'attempts opened from this moment on')
    .requiredOption('--to <instant>', 'and before this one')
    .requiredOption('--reason <text>', 'for the ledger of those whose balance moves')
    .option('--version <version>', 'price book; the one in force when left out')
    .option('--user <email>', 'of one user')
    .option('--model <name>', 'of one model, as upstreams are asked for it')
    .option('--unpriced-only', 'only attempts that have no price yet')
    .option('--json', 'print JSON');
  addConnectOptions(plan).action(runPlan);
}

async function runPlan(flags: PlanFlags): Promise<void> {
  const client = connect(flags);
  const userId =
    flags.user === undefined ? undefined : (await client.users.get.query({ email: flags.user })).id;
  const plan = await client.prices.rerate.plan.mutate({
    from: flags.from,
    to: flags.to,
    reason: flags.reason,
    ...(flags.version !== undefined && { version: flags.version }),
    filter: {
      ...(userId !== undefined && { userId }),
      ...(flags.model !== undefined && { upstreamModel: flags.model }),
      unpricedOnly: flags.unpricedOnly ?? false,
    },
  });
  printPlan(plan, flags);
}

async function runBook(planId: string, flags: ConnectFlags): Promise<void> {
  const { attempts, replayed } = await connect(flags).prices.rerate.book.mutate({ planId });
  const what = `${planId}: ${attempts} attempts`;
  console.log(replayed ? `${what}, booked before; nothing moved now` : `${what} booked`);
}

function printPlan(plan: Plan, { json }: ShowFlags): void {
  if (json) printJson(plan);
  else console.log(renderPlan(plan));
}

function renderPlan(plan: Plan): string {
  const users = plan.users.map(({ email, userId, attempts, actualDifference, balanceDifference }) => [
    email ?? userId,
    attempts,
    actualDifference,
    balanceDifference,
  ]);
  const models = plan.models.map(({ upstreamModel, attempts, standardDifference, actualDifference }) => [
    upstreamModel,
    attempts,
    standardDifference,
    actualDifference,
  ]);
  return [
    `${plan.id}: ${plan.attemptsSeen} attempts with ${plan.version}, ${plan.attemptsChanged} at another cost, ` +
      `${plan.attemptsUnpriced} without a price; ${plan.usersChanged} users; ` +
      `${plan.total.actualDifference} USD in all`,
    renderTable(USER_COLUMNS, users),
    renderTable(MODEL_COLUMNS, models),
    plan.bookedAt === null
      ? `Not booked. To book: tollgate prices rerate book ${plan.id}`
      : `Booked at ${plan.bookedAt}.`,
  ].join('\n');
}
