import type { LiveStore } from '@tollgate/api/server';
import type { AccountId, Clock } from '@tollgate/core';
import { listAlertAccounts, readFigures, type ClaimedRule, type Database } from '@tollgate/db';
import { parseFigure } from './figures.ts';
import type { NodeWatch } from './node-watch.ts';
import { planReads, type FigureRead, type ReadPlan } from './plan-reads.ts';
import type { Reading } from './step-rule.ts';

export interface MetricServices {
  db: Database;
  clock: Clock;
  /** null = this control plane sees no store: what is said there of accounts is not counted. */
  live: Pick<LiveStore, 'listAccountStates'> | null;
  /** null = the same: nothing is known of nodes. */
  nodeWatch: NodeWatch | null;
  /** Of one statement. */
  statementMs: number;
  /** Of all of them: what has not begun by then waits for the next round. */
  totalMs: number;
}

/** Statements at the same time, of a pool that others need too. */
const PARALLEL_MAX = 3;
/** Accounts asked for in one call of the store. */
const ACCOUNTS_MAX = 500;
const TIMED_OUT_CODE = '57014';
/** What is wrong with the question, not with the database: data, constraints, syntax, limits of a statement. */
const QUESTION_CODES = /^(?:22|23|42|54)/;

type Readings = Map<string, Reading>;

/**
 * Reads what the rules look at, as it was up to `nowMs`. A question that cannot be answered is a reading of the kind
 * `fault`; rejects when the database is away.
 */
export async function readMetrics(
  services: MetricServices,
  rules: readonly ClaimedRule[],
  nowMs: number,
): Promise<ReadonlyMap<string, Reading>> {
  const plan = planReads(rules, nowMs);
  const readings: Readings = new Map();
  for (const { ruleId, text } of plan.faults) readings.set(ruleId, { kind: 'fault', text });
  await Promise.all([
    readAllFigures(services, plan.figures, readings),
    readAccounts(services, plan.accounts, readings),
    readNodes(services, plan.nodes, readings),
  ]);
  return readings;
}

async function readAllFigures(
  services: MetricServices,
  reads: readonly FigureRead[],
  readings: Readings,
): Promise<void> {
  const { clock, totalMs } = services;
  const endsAtMs = clock.monotonicMs() + totalMs;
  const waiting = [...reads];
  const workers = Array.from({ length: PARALLEL_MAX }, async () => {
    for (let read = waiting.shift(); read !== undefined; read = waiting.shift()) {
      if (clock.monotonicMs() >= endsAtMs) setFault(readings, read, 'there was no time left in this round');
      else await readTogether(services, read, readings);
    }
  });
  await Promise.all(workers);
}

/** Rules that share a statement share its time limit; where one has a question that cannot be asked, each goes alone. */
async function readTogether(services: MetricServices, read: FigureRead, readings: Readings): Promise<void> {
  const { db, statementMs: timeoutMs } = services;
  try {
    const figures = await readFigures(db, read.source, read.window, read.questions, { timeoutMs });
    for (const [n, { ruleId }] of read.questions.entries()) {
      readings.set(ruleId, mapFigure(figures[n] ?? null));
    }
  } catch (fault) {
    const { text, isOfQuestion } = describeFault(fault, timeoutMs);
    if (isOfQuestion && read.questions.length > 1) {
      for (const question of read.questions) {
        await readTogether(services, { ...read, questions: [question] }, readings);
      }
    } else setFault(readings, read, text);
  }
}

function mapFigure(text: string | null): Reading {
  return text === null ? { kind: 'no-data' } : { kind: 'value', value: parseFigure(text) };
}

function setFault(readings: Readings, { questions }: Pick<FigureRead, 'questions'>, text: string): void {
  for (const { ruleId } of questions) readings.set(ruleId, { kind: 'fault', text });
}

/** Throws what is no fault of the question. */
function describeFault(fault: unknown, timeoutMs: number): { text: string; isOfQuestion: boolean } {
  const code = fault instanceof Error && 'code' in fault ? String(fault.code) : '';
  if (code === TIMED_OUT_CODE) {
    return { text: `reading the figure took longer than ${timeoutMs} ms`, isOfQuestion: false };
  }
  if (QUESTION_CODES.test(code)) {
    return { text: `the figure cannot be read: Postgres says ${code}`, isOfQuestion: true };
  }
  throw fault;
}

async function readAccounts(
  services: MetricServices,
  questions: ReadPlan['accounts'],
  readings: Readings,
): Promise<void> {
  for (const question of questions) {
    readings.set(question.ruleId, await readAccountsInError(services, question));
  }
}

async function readAccountsInError(
  { db, live, statementMs: timeoutMs }: MetricServices,
  { filter }: ReadPlan['accounts'][number],
): Promise<Reading> {
  let accounts: Awaited<ReturnType<typeof listAlertAccounts>>;
  try {
    accounts = await listAlertAccounts(db, filter, { timeoutMs });
  } catch (fault) {
    return { kind: 'fault', text: describeFault(fault, timeoutMs).text };
  }
  const inError = new Set(accounts.flatMap(({ id, isInError }) => (isInError ? [id] : [])));
  const others = accounts.flatMap(({ id, isInError }) => (isInError ? [] : [id as AccountId]));
  try {
    for (const id of await listBroken(live, others)) inError.add(id);
  } catch {
    return { kind: 'fault', text: 'the store that nodes share is away' };
  }
  return { kind: 'value', value: parseFigure(String(inError.size)) };
}

/** A model alone that is in error does not make the account so. */
async function listBroken(live: MetricServices['live'], ids: readonly AccountId[]): Promise<AccountId[]> {
  const broken: AccountId[] = [];
  if (live === null) return broken;
  for (let from = 0; from < ids.length; from += ACCOUNTS_MAX) {
    const states = await live.listAccountStates(ids.slice(from, from + ACCOUNTS_MAX));
    for (const { accountId, kind, upstreamModel } of states) {
      if (kind === 'error' && upstreamModel === null) broken.push(accountId);
    }
  }
  return broken;
}

async function readNodes(
  { nodeWatch }: MetricServices,
  ruleIds: readonly string[],
  readings: Readings,
): Promise<void> {
  if (ruleIds.length === 0) return;
  const reading = await countSilent(nodeWatch);
  for (const ruleId of ruleIds) readings.set(ruleId, reading);
}

async function countSilent(nodeWatch: NodeWatch | null): Promise<Reading> {
  if (nodeWatch === null) return { kind: 'fault', text: 'this control plane sees no store that nodes share' };
  try {
    return { kind: 'value', value: parseFigure(String(await nodeWatch.count())) };
  } catch {
    return { kind: 'fault', text: 'the store that nodes share is away' };
  }
}
