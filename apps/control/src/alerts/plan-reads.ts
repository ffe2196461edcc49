import { ALERT_METRICS, findForeignDimensions, type AlertMetric } from '@tollgate/core';
import type { ClaimedRule, FigureQuestion, FigureSource, FigureWindow } from '@tollgate/db';

/** Rules that one statement answers: one source, one window. */
export interface FigureRead {
  source: FigureSource;
  window: FigureWindow;
  questions: (FigureQuestion & { ruleId: string })[];
}

export interface ReadPlan {
  /** Shorter windows first: a long one must not keep them waiting. */
  figures: FigureRead[];
  /** Of what is now. */
  accounts: (FigureQuestion & { ruleId: string })[];
  /** Ids of rules about nodes. */
  nodes: string[];
  /** Rules that cannot be read at all, with why. */
  faults: { ruleId: string; text: string }[];
}

/**
 * Windows end so long before now. Nodes write their records each second, and the journal ships usage as often; a batch,
 * a busy database and clocks that are apart by seconds come on top. What comes later is not seen in a window that is
 * over: after an hour without Postgres the hour's records come at once, and are no news.
 */
export const LAG_MS = 15_000;
/** Of one statement. Each question is held against each sum of the window. */
const QUESTIONS_MAX = 100;
const MINUTE_MS = 60_000;

const SOURCES: Readonly<Record<AlertMetric, FigureSource | 'accounts' | 'nodes'>> = {
  requests: 'requests',
  errors: 'requests',
  error_ratio: 'requests',
  latency_p95_ms: 'latency',
  first_token_p95_ms: 'first-content',
  tokens: 'usage',
  cost_usd: 'usage',
  unpriced_requests: 'usage',
  accounts_in_error: 'accounts',
  nodes_silent: 'nodes',
};

/** What must be read to look at these rules at `nowMs`, wall clock in ms since 1970 UTC. */
export function planReads(rules: readonly ClaimedRule[], nowMs: number): ReadPlan {
  const plan: ReadPlan = { figures: [], accounts: [], nodes: [], faults: [] };
  const open = new Map<string, FigureRead>();
  for (const { id: ruleId, metric, filter, windowMinutes } of rules) {
    if (!isMetric(metric)) {
      plan.faults.push({ ruleId, text: 'the metric is none that this version knows' });
      continue;
    }
    const foreign = findForeignDimensions(metric, filter);
    if (foreign.length > 0) {
      plan.faults.push({ ruleId, text: `the metric cannot be narrowed by ${foreign.join(', ')}` });
      continue;
    }
    const question = { ruleId, metric, filter };
    const source = SOURCES[metric];
    if (source === 'nodes') plan.nodes.push(ruleId);
    else if (source === 'accounts') plan.accounts.push(question);
    else addQuestion(plan, open, source, buildWindow(windowMinutes, nowMs), question);
  }
  plan.figures.sort((a, b) => b.window.fromMs - a.window.fromMs);
  return plan;
}

function isMetric(name: string): name is AlertMetric {
  return Object.hasOwn(ALERT_METRICS, name);
}

function buildWindow(minutes: number, nowMs: number): FigureWindow {
  const toMs = nowMs - LAG_MS;
  return { fromMs: toMs - minutes * MINUTE_MS, toMs };
}

function addQuestion(
  plan: ReadPlan,
  open: Map<string, FigureRead>,
  source: FigureSource,
  window: FigureWindow,
  question: FigureRead['questions'][number],
): void {
  const name = `${source} ${window.fromMs}`;
  let read = open.get(name);
  if (read === undefined || read.questions.length >= QUESTIONS_MAX) {
    read = { source, window, questions: [] };
    open.set(name, read);
    plan.figures.push(read);
  }
  read.questions.push(question);
}
