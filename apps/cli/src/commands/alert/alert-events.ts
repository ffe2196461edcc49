import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../../connect.ts';
import { printJson } from '../../output/print-json.ts';
import { renderTable } from '../../output/render-table.ts';
import { readPages } from '../../read-pages.ts';
import { parseRowLimit } from '../parse-row-limit.ts';

type Event = RouterOutputs['alertEvents']['list']['items'][number];
type Delivery = RouterOutputs['alertEvents']['get']['deliveries'][number];

interface Flags extends ConnectFlags {
  json?: boolean;
}

interface EventsFlags extends Flags {
  rule?: string;
  firing?: boolean;
  limit: number;
}

const COLUMNS = [
  'id',
  'rule',
  'severity',
  'condition',
  'state',
  'fired_at',
  'value',
  'resolved_at',
  'silenced',
];
const DELIVERY_COLUMNS = ['about', 'channel', 'state', 'tries', 'created_at', 'sent_at', 'last_error'];

/** `tollgate alert events`, `tollgate alert show ID`. */
export function addAlertEvents(group: Command): void {
  const events = group
    .command('events')
    .description('List what has fired, newest first.')
    .option('--rule <name>', 'of one rule: name or id')
    .option('--firing', 'only what still fires')
    .option('--limit <events>', 'at most so many', parseRowLimit, 50)
    .option('--json', 'print a JSON array with all fields');
  addConnectOptions(events).action(runEvents);
  const show = group
    .command('show')
    .description('Show one event and what was sent about it.')
    .argument('<event>', 'ale_…')
    .option('--json', 'print JSON');
  addConnectOptions(show).action(runShow);
}

async function runEvents(flags: EventsFlags): Promise<void> {
  const client = connect(flags);
  const { rule } = flags;
  const ruleId = rule === undefined ? undefined : (await client.alertRules.get.query(parseRuleRef(rule))).id;
  const filter = { ...(ruleId && { ruleId }), ...(flags.firing && { state: 'firing' as const }) };
  const events = await readPages(flags.limit, (page) =>
    client.alertEvents.list.query({ ...filter, ...page }),
  );
  if (flags.json) printJson(events);
  else console.log(renderEvents(events));
}

async function runShow(id: string, flags: Flags): Promise<void> {
  const event = await connect(flags).alertEvents.get.query({ id });
  if (flags.json) return printJson(event);
  console.log(renderEvents([event]));
  const { deliveries } = event;
  console.log(deliveries.length === 0 ? 'nobody was told' : renderDeliveries(deliveries));
}

function renderEvents(events: readonly Event[]): string {
  const rows = events.map((event) => [
    event.id,
    event.ruleName,
    event.severity,
    `${event.metric} ${event.comparison} ${event.threshold}`,
    event.state,
    event.firedAt,
    event.valueAtFire,
    event.resolvedAt,
    event.silenced ? 'yes' : null,
  ]);
  return renderTable(COLUMNS, rows);
}

export function renderDeliveries(deliveries: readonly Delivery[]): string {
  const rows = deliveries.map(
    ({ kind, channelName, isFallback, state, tries, createdAt, sentAt, lastError }) => [
      kind,
      isFallback ? `${channelName} (fallback)` : channelName,
      state,
      tries,
      createdAt,
      sentAt,
      lastError,
    ],
  );
  return renderTable(DELIVERY_COLUMNS, rows);
}

/** A rule as people name it: by id, or by name. */
export function parseRuleRef(text: string): { id: string } | { name: string } {
  return /^alr_[0-9a-z]{26}$/.test(text) ? { id: text } : { name: text };
}
