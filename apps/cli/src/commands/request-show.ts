import type { RouterOutputs } from '@tollgate/api';
import type { Command } from 'commander';
import { addConnectOptions, connect, type ConnectFlags } from '../connect.ts';
import { printJson } from '../output/print-json.ts';
import { renderTable } from '../output/render-table.ts';
import { commandGroup } from './command-group.ts';

type Shown = RouterOutputs['requests']['get'];
type Recorded = NonNullable<Shown['request']>;
type Round = Recorded['decision']['rounds'][number];

export function registerRequestShow(program: Command): void {
  const command = commandGroup(program, 'request', 'What was decided for requests')
    .command('show')
    .description('Show who was asked, who was not and why, how long it waited, and what it cost.')
    .argument('<id>', 'x-request-id of the answer')
    .option('--json', 'print all fields');
  addConnectOptions(command).action(runRequestShow);
}

async function runRequestShow(
  requestId: string,
  { json, ...flags }: ConnectFlags & { json?: boolean },
): Promise<void> {
  const shown = await connect(flags).requests.get.query({ requestId });
  if (json) printJson(shown);
  else console.log(describe(shown).join('\n'));
}

function describe({ request, attempts }: Shown): string[] {
  return [
    ...(request === null ? ['There is no record of what was decided: it is too old, or was dropped.'] : []),
    ...(request === null ? [] : describeRequest(request)),
    ...(attempts.length === 0 ? [] : ['', describeAttempts(attempts)]),
  ];
}

function describeRequest(request: Recorded): string[] {
  const { decision, accountNames } = request;
  const nameOf = (id: string) => accountNames[id] ?? id;
  return [
    `${request.at}  ${request.endpoint}  ${request.model ?? '-'}${request.stream === true ? ', streamed' : ''}`,
    `user ${request.user}, key ${request.key}, group ${request.group}, node ${request.nodeId}`,
    `answer ${request.status}${request.errorCode === null ? '' : ` ${request.errorCode}`} after ${request.durationMs} ms`,
    describeTimes(decision),
    ...(decision.isWarmUp ? ['a warm-up: answered here'] : []),
    ...decision.rounds.flatMap((round, index) => describeRound(round, index + 1, decision.isRouted, nameOf)),
  ];
}

function describeTimes({
  admittedAfterMs,
  admissionWaitedMs,
  firstContentAfterMs,
}: Recorded['decision']): string {
  const parts = [
    admittedAfterMs === null ? 'not admitted' : `admitted after ${admittedAfterMs} ms`,
    ...(admissionWaitedMs > 0 ? [`queued ${admissionWaitedMs} ms`] : []),
    ...(firstContentAfterMs === null ? [] : [`first content after ${firstContentAfterMs} ms`]),
  ];
  return parts.join(', ');
}

function describeRound(
  round: Round,
  number: number,
  isRouted: boolean,
  nameOf: (id: string) => string,
): string[] {
  const { candidates, candidateCount, excluded, excludedCount, accountId, by, waitedMs } = round;
  const excludedText = excluded.map(({ accountId: id, reason }) => `${nameOf(id)}: ${reason}`).join(', ');
  const result =
    round.status === null ? '' : ` -> ${round.status}${round.error === null ? '' : ` ${round.error}`}`;
  return [
    `${number}. candidates${isRouted ? ' (routed)' : ''}: ${candidates.map(nameOf).join(', ') || '-'}${more(candidates.length, candidateCount)}`,
    ...(excludedCount === 0 ? [] : [`   excluded: ${excludedText}${more(excluded.length, excludedCount)}`]),
    accountId === null
      ? '   none was found'
      : `   chosen: ${nameOf(accountId)} (${by ?? '-'}${waitedMs > 0 ? `, waited ${waitedMs} ms` : ''}${round.isProbe ? ', probe' : ''})${result}`,
  ];
}

/** Lists are cut. */
function more(shown: number, count: number): string {
  return count > shown ? `, … (${count})` : '';
}

function describeAttempts(attempts: Shown['attempts']): string {
  const columns = [
    'attempt_id',
    'account',
    'status',
    'state',
    'input_tokens',
    'output_tokens',
    'actual_cost_usd',
  ] as const;
  return renderTable(
    columns,
    attempts.map((row) => columns.map((column) => row[column])),
  );
}
