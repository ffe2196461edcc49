import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import { buildConfigJsonSchema } from '@tollgate/api/server';
import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addChangeOptions, connectChanging, type ChangeFlags } from '../in-force.ts';
import { printJson } from '../output/print-json.ts';
import { UsageError } from '../usage-error.ts';

interface ApplyFlags extends ChangeFlags {
  dryRun?: boolean;
  schema?: boolean;
  json?: boolean;
}

type PlanEntry = RouterOutputs['config']['applyFile']['plan'][number];
const MARKS = { create: '+', update: '~', unchanged: ' ' } as const;

export function registerApply(program: Command): void {
  const command = program
    .command('apply')
    .description('Make groups, accounts, users, keys and overrides as a YAML file says. Nothing is deleted.')
    .argument('[file]', 'the file; - = standard input')
    .option('--dry-run', 'show the plan and change nothing')
    .option('--json', 'print the plan as JSON')
    .option('--schema', 'print the JSON schema of the file and stop');
  addChangeOptions(command).action(runApply);
}

async function runApply(file: string | undefined, flags: ApplyFlags): Promise<void> {
  if (flags.schema) {
    printJson(buildConfigJsonSchema());
    return;
  }
  if (file === undefined) throw new UsageError('which file? (--help shows how)');
  const { client, describeInForce } = connectChanging(flags);
  const config = file === '-' ? await text(process.stdin) : await readFile(file, 'utf8');
  const dryRun = flags.dryRun ?? false;
  const { plan } = await client.config.applyFile.mutate({ config, dryRun });
  const inForce = await describeInForce();
  if (flags.json) printJson(plan);
  else console.log([renderPlan(plan, dryRun), ...(inForce === null ? [] : [inForce])].join('\n'));
}

function renderPlan(plan: readonly PlanEntry[], dryRun: boolean): string {
  const count = (action: PlanEntry['action']) => plan.filter((entry) => entry.action === action).length;
  const figures = `${count('create')} to create, ${count('update')} to update, ${count('unchanged')} unchanged`;
  const closing = dryRun ? `Dry run: ${figures}. Nothing was changed.` : `Applied: ${figures}.`;
  return [...plan.flatMap(renderEntry), closing].join('\n');
}

function renderEntry({ object, name, action, changes, ignored }: PlanEntry): string[] {
  return [
    `${MARKS[action]} ${object} ${name} (${action})`,
    ...Object.entries(changes).map(
      ([field, { from, to }]) => `    ${field}: ${JSON.stringify(from)} -> ${JSON.stringify(to)}`,
    ),
    ...ignored.map((field) => `    ignored: ${field} (only used when the ${object} is created)`),
  ];
}
