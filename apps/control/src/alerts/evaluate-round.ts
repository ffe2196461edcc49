import { isSilenced, type AlertSilence, type Logger } from '@tollgate/core';
import {
  claimAlertRules,
  recordQuietSteps,
  recordRuleStep,
  resolveOrphans,
  type AlertRound,
  type AlertWindows,
  type ClaimedRule,
  type RecordedChange,
  type RecordedStep,
} from '@tollgate/db';
import { formatFigure, parseFigure } from './figures.ts';
import { readMetrics, type MetricServices } from './read-metrics.ts';
import { stepRule, type Reading, type RuleChange } from './step-rule.ts';

export interface EvaluationServices extends MetricServices {
  logger: Logger;
  /** A rule is looked at so often; one with a window of N minutes each N seconds at most. */
  intervalMs: number;
  /** Rules with other windows are somebody else's. */
  windows: AlertWindows;
}

const MINUTE_MS = 60_000;
const SECOND_MS = 1_000;
/** So many looks may fail to happen before a pending rule begins anew. */
const LOOKS_MISSED_MAX = 3;
const NOT_READ: Reading = { kind: 'fault', text: 'it was not looked at' };

/**
 * OPS-5: one round over the rules whose time has come, in their order. Any number of control planes may do it at once:
 * each rule is claimed by one of them. Rejects when the database is away; what was claimed then is claimed again later.
 */
export async function evaluateRound(services: EvaluationServices): Promise<void> {
  const { db, logger, intervalMs, windows } = services;
  const round = await claimAlertRules(db, intervalMs, windows);
  if (round === null) return;
  const orphans = await resolveOrphans(db, round.nowMs);
  if (orphans > 0) logger.info({ orphans }, 'alerts of rules that are gone are resolved');
  const enabled = round.rules.filter(({ isEnabled }) => isEnabled);
  const readings = await readMetrics(services, enabled, round.nowMs);
  const quiet: { ruleId: string; step: RecordedStep }[] = [];
  for (const rule of round.rules) {
    const step = lookAt(services, round, rule, readings.get(rule.id) ?? NOT_READ);
    if (step.changes.length === 0) quiet.push({ ruleId: rule.id, step });
    else await recordAlone(services, rule.id, () => recordRuleStep(db, round, rule, step));
  }
  await recordQuiet(services, round, quiet);
}

/** What Postgres says of the data or of locks is a matter of one rule: it must not keep the others from theirs. */
const RULE_CODES = /^(?:22|23|40|42|54|55)/u;

function isOfRule(fault: unknown): boolean {
  return fault instanceof Error && 'code' in fault && RULE_CODES.test(String(fault.code));
}

async function recordAlone(
  { logger }: EvaluationServices,
  ruleId: string,
  record: () => Promise<unknown>,
): Promise<void> {
  try {
    await record();
  } catch (fault) {
    if (!isOfRule(fault)) throw fault;
    logger.warn({ err: fault, rule: ruleId }, 'what became of an alert rule cannot be written');
  }
}

async function recordQuiet(
  services: EvaluationServices,
  round: AlertRound,
  quiet: readonly { ruleId: string; step: RecordedStep }[],
): Promise<void> {
  try {
    await recordQuietSteps(services.db, round, quiet);
  } catch (fault) {
    if (!isOfRule(fault)) throw fault;
    for (const one of quiet) {
      await recordAlone(services, one.ruleId, () => recordQuietSteps(services.db, round, [one]));
    }
  }
}

function lookAt(
  { intervalMs }: EvaluationServices,
  { nowMs, silences }: AlertRound,
  rule: ClaimedRule,
  reading: Reading,
): RecordedStep {
  const terms = {
    ...rule,
    threshold: parseFigure(rule.threshold),
    forMs: rule.forMinutes * MINUTE_MS,
    coolDownMs: rule.coolDownMinutes * MINUTE_MS,
  };
  const { memory, changes } = stepRule(terms, rule, reading, {
    nowMs,
    isSilenced: isQuiet(rule, silences, nowMs),
    gapMsMax: LOOKS_MISSED_MAX * Math.max(intervalMs, rule.windowMinutes * SECOND_MS),
  });
  return {
    ...memory,
    value: mapValue(rule, reading),
    fault: rule.isEnabled && reading.kind === 'fault' ? reading.text : null,
    changes: changes.map(mapChange),
  };
}

function isQuiet(rule: ClaimedRule, silences: readonly AlertSilence[], nowMs: number): boolean {
  const now = new Date(nowMs);
  return silences.some((silence) => isSilenced(rule, silence, now));
}

function mapValue({ isEnabled }: ClaimedRule, reading: Reading): RecordedStep['value'] {
  if (!isEnabled || reading.kind === 'fault') return 'unknown';
  return reading.kind === 'value' ? formatFigure(reading.value) : null;
}

function mapChange(change: RuleChange): RecordedChange {
  switch (change.kind) {
    case 'fire':
      return { ...change, value: formatFigure(change.value) };
    case 'resolve':
      return { ...change, value: change.value === null ? null : formatFigure(change.value) };
    default:
      return change;
  }
}
