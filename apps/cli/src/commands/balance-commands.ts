import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { commandGroup } from './command-group.ts';
import { parseUserRef } from './parse-user-ref.ts';

interface BalanceFlags extends ConnectFlags {
  note?: string;
  once?: string;
  json?: boolean;
}

const KINDS = [
  ['add', 'top-up', 'Add money that came in.'],
  ['refund', 'refund', 'Give back what a use has cost.'],
] as const;

/** `tollgate balance add|refund USER AMOUNT`. */
export function registerBalanceCommands(program: Command): void {
  const group = commandGroup(program, 'balance', "Users' balances");
  for (const [name, kind, description] of KINDS) {
    const command = group
      .command(name)
      .description(description)
      .argument('<user>', 'e-mail or id')
      .argument('<amount>', 'USD, e.g. 12.50')
      .option('--note <text>', 'who and why')
      .option('--once <key>', 'the same key for the same user books once, however often it is sent')
      .option('--json', 'print JSON');
    addConnectOptions(command).action((user: string, amount: string, flags: BalanceFlags) =>
      runMovement(kind, user, amount, flags),
    );
  }
}

async function runMovement(
  kind: 'top-up' | 'refund',
  user: string,
  amount: string,
  flags: BalanceFlags,
): Promise<void> {
  const ref = parseUserRef(user);
  const booked: RouterOutputs['balances']['adjust'] = await connect(flags).balances.adjust.mutate({
    ...('id' in ref ? { userId: ref.id } : ref),
    kind,
    amount,
    ...(flags.note === undefined ? {} : { note: flags.note }),
    ...(flags.once === undefined ? {} : { idempotencyKey: flags.once }),
  });
  if (flags.json) printJson(booked);
  else console.log(`${booked.replayed ? 'booked before' : 'booked'}: balance ${booked.balance} USD`);
}
