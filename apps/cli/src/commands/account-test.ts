import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';

interface AccountTestFlags extends ConnectFlags {
  model?: string;
  protocol?: string;
  json?: boolean;
}

const STEP_WIDTH = 11;
const MS_WIDTH = 9;

/** ACC-8 */
export function registerAccountTest(program: Command): void {
  const command = commandGroup(program, 'account', 'Accounts')
    .command('test')
    .description('Send one small real request through an account and show each step.')
    .argument('<name>')
    .option('--model <name>', 'as a client would ask for it')
    .option('--protocol <protocol>', 'of an OpenAI account: chat or responses')
    .option('--json', 'print JSON, one step a line');
  addConnectOptions(command).action(runAccountTest);
}

async function runAccountTest(name: string, flags: AccountTestFlags): Promise<void> {
  const { model, protocol } = flags;
  if (protocol !== undefined && protocol !== 'chat' && protocol !== 'responses') {
    throw new UsageError('--protocol is chat or responses');
  }
  const client = connect(flags);
  const { id } = await client.accounts.get.query({ name });
  const steps = await client.accounts.test.mutate({
    id,
    ...(model === undefined ? {} : { model }),
    ...(protocol === undefined ? {} : { protocol }),
  });
  let failed: string | null = null;
  for await (const { step, outcome, ms, detail } of steps) {
    if (outcome === 'failed') failed = step;
    const line = `${step.padEnd(STEP_WIDTH)}  ${`${ms} ms`.padStart(MS_WIDTH)}  ${outcome.padEnd(6)}  ${detail}`;
    console.log(flags.json ? JSON.stringify({ step, outcome, ms, detail }) : line.trimEnd());
  }
  if (failed !== null) throw new Error(`account ${name} failed at ${failed}`);
}
