import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { readPages } from '../read-pages.ts';
import { commandGroup } from './command-group.ts';

interface AccountStatesFlags extends ConnectFlags {
  json?: boolean;
}

type AccountStates = RouterOutputs['accounts']['states']['items'][number];

const COLUMNS = ['account', 'model', 'state', 'until', 'sessions', 'window_cost_usd', 'reason'];

export function registerAccountStates(program: Command): void {
  const command = commandGroup(program, 'account', 'Accounts')
    .command('states')
    .description('Show what stands against each account now, and why.')
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runAccountStates);
}

async function runAccountStates(flags: AccountStatesFlags): Promise<void> {
  const accounts = await readAll(connect(flags));
  if (flags.json) printJson(accounts);
  else console.log(renderTable(COLUMNS, accounts.flatMap(listRows)));
}

/** One row a state; an account without any has one that says so. */
function listRows({ name, states, sessions, windowCost }: AccountStates): unknown[][] {
  const spent = windowCost?.spent ?? null;
  if (states.length === 0) return [[name, null, 'ok', null, sessions, spent, null]];
  return states.map(({ upstreamModel, kind, until, reason, isProbing }) => [
    name,
    upstreamModel,
    isProbing ? `${kind} (probing)` : kind,
    until,
    sessions,
    spent,
    reason,
  ]);
}

/** By name: ids made in one millisecond have no order that means anything. */
async function readAll(client: TollgateClient): Promise<AccountStates[]> {
  const accounts = await readPages(Infinity, (page) => client.accounts.states.query(page));
  return accounts.toSorted((a, b) => a.name.localeCompare(b.name));
}
