import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { UsageError } from '../usage-error.ts';
import { commandGroup } from './command-group.ts';

type Output = RouterOutputs['settings']['get'];
type Name = keyof Output['values'];

interface Flags extends ConnectFlags {
  json?: boolean;
}

/** `tollgate settings show|set|unset` */
export function registerSettings(program: Command): void {
  const group = commandGroup(program, 'settings', 'What holds for the whole installation');
  const show = group.command('show').description('Show each setting, and where it comes from.');
  addConnectOptions(show.option('--json', 'print as JSON')).action(runShow);
  const set = group
    .command('set')
    .description('Set one in place of the default of the configuration.')
    .argument('<name>', 'as `settings show` lists it')
    .argument('<value>', 'a whole number, or `all`');
  addConnectOptions(set.option('--json', 'print as JSON')).action(runSet);
  const unset = group
    .command('unset')
    .description('Let the configuration decide again.')
    .argument('<name>', 'as `settings show` lists it');
  addConnectOptions(unset.option('--json', 'print as JSON')).action(runUnset);
}

async function runShow(flags: Flags): Promise<void> {
  print(await connect(flags).settings.get.query(), flags);
}

async function runSet(name: string, text: string, flags: Flags): Promise<void> {
  if (text !== 'all' && !/^\d{1,9}$/.test(text))
    throw new UsageError('the value is a whole number, or `all`');
  const set = { [name]: text === 'all' ? null : Number(text) };
  print(await connect(flags).settings.update.mutate({ set }), flags);
}

async function runUnset(name: string, flags: Flags): Promise<void> {
  print(await connect(flags).settings.update.mutate({ unset: [name as Name] }), flags);
}

function print(output: Output, { json }: Flags): void {
  if (json) return printJson(output);
  const names = Object.keys(output.values) as Name[];
  const rows = names.map((name) => [
    name,
    output.values[name] ?? 'all',
    output.set.includes(name) ? 'set' : 'configuration',
  ]);
  console.log(renderTable(['setting', 'value', 'from'], rows));
}
