import { readFile } from 'node:fs/promises';
import { text } from 'node:stream/consumers';
import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { commandGroup } from '../command-group.ts';

interface ImportFlags extends ConnectFlags {
  dryRun?: boolean;
  effectiveFrom?: string;
  note?: string;
  json?: boolean;
}

type ImportReport = RouterOutputs['prices']['import'];

const MARKS = { new: '+', changed: '~' } as const;

export function registerPricesImport(program: Command): void {
  const command = commandGroup(program, 'prices', 'Prices')
    .command('import')
    .description("Put the prices of LiteLLM's model_prices_and_context_window.json over the present ones.")
    .argument('<file>', 'the file; - = standard input')
    .option('--dry-run', 'show what would change and change nothing')
    .option('--effective-from <moment>', 'a day or an instant; now when left out')
    .option('--note <text>', 'for the list of versions')
    .option('--json', 'print the report as JSON');
  addConnectOptions(command).action(runPricesImport);
}

async function runPricesImport(path: string, flags: ImportFlags): Promise<void> {
  const client = connect(flags);
  const file = path === '-' ? await text(process.stdin) : await readFile(path, 'utf8');
  const report = await client.prices.import.mutate({
    file,
    dryRun: flags.dryRun ?? false,
    ...(flags.effectiveFrom !== undefined && { effectiveFrom: flags.effectiveFrom }),
    ...(flags.note !== undefined && { note: flags.note }),
  });
  if (flags.json) printJson(report);
  else console.log(renderReport(report));
}

function renderReport(report: ImportReport): string {
  const skipped = report.skipped.map(
    ({ reason, count, names }) =>
      `  ${count} skipped (${reason}): ${names.slice(0, 3).join(', ')}${count > 3 ? ', …' : ''}`,
  );
  const ignored = report.ignoredFields.map(
    ({ field, models }) => `  field not taken: ${field} (${models} models)`,
  );
  return [...report.models.flatMap(renderModel), ...skipped, ...ignored, renderClosing(report)].join('\n');
}

function renderModel({ model, change, differences, notes }: ImportReport['models'][number]): string[] {
  return [
    `${MARKS[change]} ${model} (${change})`,
    ...differences.map(({ field, from, to }) => `    ${field}: ${from ?? '-'} -> ${to ?? '-'}`),
    ...notes.map((note) => `    note: ${note}`),
  ];
}

function renderClosing({ models, unchanged, dryRun, version, effectiveFrom }: ImportReport): string {
  const count = (change: keyof typeof MARKS) => models.filter((model) => model.change === change).length;
  const figures = `${count('new')} new, ${count('changed')} changed, ${unchanged} unchanged`;
  if (dryRun) return `Dry run: ${figures}. Nothing was changed.`;
  if (models.length === 0) return `${figures}. Still in force: ${version}.`;
  return `Imported: ${figures}, from ${effectiveFrom} on. In force: ${version}.`;
}
