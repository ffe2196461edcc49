import { InvalidArgumentError, type Command } from 'commander';
import type { RouterOutputs } from '@tollgate/api';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { readPages } from '../../read-pages.ts';
import { UsageError } from '../../usage-error.ts';
import { parseRuleRef } from './alert-events.ts';

type Silence = RouterOutputs['alertSilences']['create'];

interface Flags extends ConnectFlags {
  json?: boolean;
}

interface SilenceFlags extends Flags {
  all?: boolean;
  minutes: number;
  reason?: string;
}

interface ListFlags extends Flags {
  all?: boolean;
}

const COLUMNS = ['id', 'rule', 'state', 'starts_at', 'ends_at', 'by', 'reason'];
const YEAR_MINUTES = 527_040;

/** `tollgate alert silence|silences|unsilence`. */
export function addAlertSilences(group: Command): void {
  const silence = group
    .command('silence')
    .description('Tell nobody of a rule from now on; it goes on being evaluated and recorded.')
    .argument('[rule]', 'name or id')
    .option('--all', 'every rule')
    .requiredOption('--minutes <minutes>', 'for how long', parseMinutes)
    .option('--reason <text>', 'for other admins')
    .option('--json', 'print JSON');
  addConnectOptions(silence).action(runSilence);
  const list = group
    .command('silences')
    .description('List the silences that hold now, newest first.')
    .option('--all', 'also those that are planned or over')
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(list).action(runList);
  const end = group.command('unsilence').description('End a silence now.').argument('<silence>', 'als_…');
  addConnectOptions(end.option('--json', 'print JSON')).action(runEnd);
}

async function runSilence(rule: string | undefined, flags: SilenceFlags): Promise<void> {
  if ((rule === undefined) === (flags.all === undefined)) throw new UsageError('give either a rule or --all');
  const client = connect(flags);
  const found = rule === undefined ? null : await client.alertRules.get.query(parseRuleRef(rule));
  const silence = await client.alertSilences.create.mutate({
    ...(found && { ruleId: found.id }),
    ...(flags.reason !== undefined && { reason: flags.reason }),
    endsAt: new Date(Date.now() + flags.minutes * 60_000).toISOString(),
  });
  show([silence], silence, flags);
}

async function runList(flags: ListFlags): Promise<void> {
  const client = connect(flags);
  const filter = flags.all ? {} : { state: 'active' as const };
  const all = await readPages(Infinity, (page) => client.alertSilences.list.query({ ...filter, ...page }));
  show(all, all, flags);
}

async function runEnd(id: string, flags: Flags): Promise<void> {
  const silence = await connect(flags).alertSilences.end.mutate({ id });
  show([silence], silence, flags);
}

function show(silences: readonly Silence[], json: unknown, flags: Flags): void {
  if (flags.json) return printJson(json);
  const rows = silences.map(({ id, ruleId, ruleName, state, startsAt, endsAt, createdBy, reason }) => [
    id,
    ruleId === null ? 'every rule' : ruleName,
    state,
    startsAt,
    endsAt,
    createdBy,
    reason === '' ? null : reason,
  ]);
  console.log(renderTable(COLUMNS, rows));
}

function parseMinutes(text: string): number {
  const minutes = Number(text);
  if (!Number.isInteger(minutes) || minutes < 1 || minutes > YEAR_MINUTES)
    throw new InvalidArgumentError(`expected a whole number from 1 to ${YEAR_MINUTES}`);
  return minutes;
}
