import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { readPages } from '../../read-pages.ts';

type Rule = RouterOutputs['alertRules']['get'];

interface Flags extends ConnectFlags {
  json?: boolean;
}

const COLUMNS = ['position', 'rule', 'severity', 'condition', 'state', 'value', 'since', 'note'];

export function addAlertList(group: Command): void {
  const command = group
    .command('list')
    .description('List the alert rules in their order, with what is known of each.')
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(command).action(runAlertList);
}

async function runAlertList(flags: Flags): Promise<void> {
  const client = connect(flags);
  const rules = await readPages(Infinity, (page) => client.alertRules.list.query(page));
  if (flags.json) printJson(rules);
  else console.log(renderTable(COLUMNS, rules.map(buildRow)));
}

function buildRow({
  position,
  name,
  severity,
  metric,
  comparison,
  threshold,
  state,
  ...rule
}: Rule): unknown[] {
  const condition = `${metric} ${comparison} ${threshold}`;
  return [
    position,
    name,
    severity,
    condition,
    state?.state ?? 'unknown',
    state?.lastValue ?? null,
    state?.since ?? null,
    buildNote(rule, state?.fault ?? null),
  ];
}

function buildNote(
  { isEnabled, isSilenced }: Pick<Rule, 'isEnabled' | 'isSilenced'>,
  fault: string | null,
): string | null {
  if (!isEnabled) return 'disabled';
  const notes = [isSilenced ? 'silenced' : null, fault].filter((note) => note !== null);
  return notes.length === 0 ? null : notes.join(', ');
}
