import type { AccountFinding, LeaseId } from '@tollgate/core';
import type { AccountStateKind } from '../account-port.ts';
import { needsProbe, type Health } from './account-standing.ts';
import { BREAKER_BACKOFF_MS, ERROR_BACKOFF_MS, STRIKE_MS } from './account-timings.ts';
import { addOutcomes, isBreakerDue, type Bucket } from './breaker.ts';

/** All that is kept about one scope: an account, or one model on it. */
export interface HealthRecord {
  /** null = clean. */
  health: Health | null;
  buckets: readonly Bucket[];
  /** The moment of a first strike; null = none. */
  strikeAtMs: number | null;
}

export const CLEAN_RECORD: Readonly<HealthRecord> = Object.freeze({
  health: null,
  buckets: [],
  strikeAtMs: null,
});

/** When an attempt ended, and whether it was a probe. */
export interface FindingContext {
  nowMs: number;
  probe: LeaseId | null;
  /** Successes that the finding stands for. */
  count: number;
}

/**
 * The state machine of ACC-3. Gives the very same record when nothing changes. A state that ends with a probe
 * hears only its probe: what was under way when it began says nothing new.
 */
export function applyFinding(
  record: HealthRecord,
  finding: AccountFinding,
  context: FindingContext,
): HealthRecord {
  const standing = dropEnded(record, context.nowMs);
  if (finding.kind === 'success') return applySuccess(standing, context);
  if (finding.kind === 'failure') return applyFailure(standing, finding.reason, context);
  if (finding.kind === 'strike') return applyStrike(standing, finding.reason, context);
  if (finding.kind === 'undecided') return freeProbe(standing, context);
  return applyBlock(standing, finding, context);
}

function dropEnded(record: HealthRecord, nowMs: number): HealthRecord {
  const { health } = record;
  const hasEnded = health !== null && !needsProbe(health.kind) && health.untilMs <= nowMs;
  return hasEnded ? { ...record, health: null } : record;
}

/** Any probe's success counts, also that of one which was given up, as long as a probe is what it waits for. */
function applySuccess(record: HealthRecord, { nowMs, probe, count }: FindingContext): HealthRecord {
  const { health } = record;
  if (health !== null && needsProbe(health.kind)) {
    return probe !== null && health.probe !== null ? { ...CLEAN_RECORD } : record;
  }
  return { ...record, buckets: addOutcomes(record.buckets, { successes: count, failures: 0 }, nowMs) };
}

function applyFailure(record: HealthRecord, reason: string, context: FindingContext): HealthRecord {
  const { health } = record;
  const { nowMs } = context;
  if (health !== null && needsProbe(health.kind)) {
    return isOwnProbe(health, context) ? { ...record, health: backOff(health, reason, nowMs) } : record;
  }
  const buckets = addOutcomes(record.buckets, { successes: 0, failures: 1 }, nowMs);
  if (!isBreakerDue(buckets)) return { ...record, buckets };
  const open = begin('breaker-open', reason, nowMs, nowMs + BREAKER_BACKOFF_MS.first);
  // A state that lasts longer stays; the failures are counted anew.
  return { ...record, buckets: [], health: lasts(health, open) ? health : open };
}

function applyStrike(record: HealthRecord, reason: string, context: FindingContext): HealthRecord {
  const { health, strikeAtMs } = record;
  const { nowMs } = context;
  if (health?.kind === 'error') {
    return isOwnProbe(health, context) ? { ...record, health: backOff(health, reason, nowMs) } : record;
  }
  if (strikeAtMs === null || strikeAtMs <= nowMs - STRIKE_MS) {
    // The upstream answered: that ends an open breaker.
    const isAnswered = health !== null && needsProbe(health.kind) && isOwnProbe(health, context);
    return { ...record, health: isAnswered ? null : health, strikeAtMs: nowMs };
  }
  const error = begin('error', reason, nowMs, nowMs + ERROR_BACKOFF_MS.first);
  return { ...record, health: error, strikeAtMs: null };
}

function applyBlock(
  record: HealthRecord,
  { state, untilMs, reason }: Extract<AccountFinding, { kind: 'block' }>,
  context: FindingContext,
): HealthRecord {
  const { health } = record;
  const block = begin(state, reason, context.nowMs, context.nowMs + untilMs);
  if (health === null) return { ...record, health: block };
  const isProbe = isOwnProbe(health, context);
  if (health.kind === 'error' && !isProbe) return record;
  if (!isProbe && state !== 'error' && lasts(health, block)) return record;
  if (health.kind !== state) return { ...record, health: block };
  const backoffStep = isProbe ? health.backoffStep + 1 : health.backoffStep;
  return { ...record, health: { ...block, sinceMs: health.sinceMs, backoffStep } };
}

/** The next request is the probe; the back-off has neither ended nor grown. */
function freeProbe(record: HealthRecord, context: FindingContext): HealthRecord {
  const { health } = record;
  if (health === null || !isOwnProbe(health, context)) return record;
  return { ...record, health: { ...health, probe: null, untilMs: context.nowMs } };
}

function begin(kind: AccountStateKind, reason: string, nowMs: number, untilMs: number): Health {
  return { kind, reason, sinceMs: nowMs, untilMs, backoffStep: 0, probe: null };
}

function backOff(health: Health, reason: string, nowMs: number): Health {
  const backoffStep = health.backoffStep + 1;
  const { first, max } = health.kind === 'error' ? ERROR_BACKOFF_MS : BREAKER_BACKOFF_MS;
  const untilMs = nowMs + Math.min(first * 2 ** backoffStep, max);
  return { ...health, reason, untilMs, backoffStep, probe: null };
}

function lasts(standing: Health | null, other: Health): boolean {
  return standing !== null && standing.untilMs >= other.untilMs;
}

function isOwnProbe(health: Health, { probe }: FindingContext): boolean {
  return probe !== null && health.probe === probe;
}
