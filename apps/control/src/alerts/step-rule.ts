import type { AlertComparison, AlertRuleState } from '@tollgate/core';

/** What a rule asks for, as it is now. Times in ms; figures in 10⁻¹² of the metric's unit. */
export interface RuleTerms {
  isEnabled: boolean;
  comparison: AlertComparison;
  threshold: bigint;
  forMs: number;
  coolDownMs: number;
  /** Changed since the last look: what was seen before says nothing of these terms. */
  isEdited: boolean;
  /** There is a channel that can be told. */
  hasChannel: boolean;
}

/** What is known of a rule from the last look. Moments in ms since 1970 UTC, all by one clock. */
export interface RuleMemory {
  state: AlertRuleState;
  sinceMs: number;
  /** null = never. */
  lastLookAtMs: number | null;
  /** When somebody was last told that it fires; null = never. */
  lastToldAtMs: number | null;
  /** The open event; null = none. */
  event: OpenEvent | null;
}

export interface OpenEvent {
  /** Somebody was told, so that the end is worth telling too. */
  isTold: boolean;
  /** A silence has kept it back, and that is written down. */
  isSilenced: boolean;
  /** It fired on the terms that the rule has still. */
  isOfTerms: boolean;
}

export type Reading =
  | { kind: 'value'; value: bigint }
  /** Nothing to reckon with: a ratio of no requests. */
  | { kind: 'no-data' }
  /** It could not be found out. */
  | { kind: 'fault'; text: string };

/** In the order in which they happen; at most one event ends and none begins in the same step. */
export type RuleChange =
  | { kind: 'fire'; value: bigint; isTold: boolean; isSilenced: boolean }
  /** The open event is told only now: a silence or a cool-down is over. */
  | { kind: 'tell' }
  /** A silence keeps the open event back. */
  | { kind: 'hush' }
  | { kind: 'resolve'; value: bigint | null; why: ResolveReason; isTold: boolean };

export type ResolveReason = 'over' | 'no-data' | 'edited' | 'disabled';

export interface StepSurroundings {
  nowMs: number;
  isSilenced: boolean;
  /** A pending rule that nobody looked at for longer begins anew: nobody knows what was in between. */
  gapMsMax: number;
}

export interface RuleStep {
  memory: Omit<RuleMemory, 'event' | 'lastLookAtMs'>;
  changes: RuleChange[];
}

/**
 * OPS-5: one look at one rule. Pure: docs/alerts.md says in words what it does. A clock that went back makes waits
 * begin anew, so that none lasts longer than it should by more than itself.
 */
export function stepRule(
  terms: RuleTerms,
  before: RuleMemory,
  reading: Reading,
  surroundings: StepSurroundings,
): RuleStep {
  const memory = pullToNow(before, surroundings.nowMs);
  const { event } = memory;
  if (!terms.isEnabled) return end(memory, surroundings, 'disabled', null);
  if (event !== null && !event.isOfTerms) return end(memory, surroundings, 'edited', null);
  if (reading.kind === 'fault') return { memory: keep(memory), changes: [] };
  if (reading.kind === 'no-data') return end(memory, surroundings, 'no-data', null);
  if (!isBeyond(terms, reading.value)) return end(memory, surroundings, 'over', reading.value);
  return event === null
    ? raise(terms, memory, reading.value, surroundings)
    : goOn(terms, memory, event, surroundings);
}

/** Strictly above or below. */
function isBeyond({ comparison, threshold }: RuleTerms, value: bigint): boolean {
  return comparison === 'above' ? value > threshold : value < threshold;
}

function pullToNow(memory: RuleMemory, nowMs: number): RuleMemory {
  const pull = (atMs: number | null): number | null => (atMs === null ? null : Math.min(atMs, nowMs));
  return {
    ...memory,
    sinceMs: Math.min(memory.sinceMs, nowMs),
    lastLookAtMs: pull(memory.lastLookAtMs),
    lastToldAtMs: pull(memory.lastToldAtMs),
  };
}

function keep({ state, sinceMs, lastToldAtMs }: RuleMemory): RuleStep['memory'] {
  return { state, sinceMs, lastToldAtMs };
}

/** The condition does not hold, or is not looked at any more. */
function end(
  memory: RuleMemory,
  { nowMs, isSilenced }: StepSurroundings,
  why: ResolveReason,
  value: bigint | null,
): RuleStep {
  const { state, sinceMs, lastToldAtMs, event } = memory;
  const next = { state: 'ok', sinceMs: state === 'ok' ? sinceMs : nowMs, lastToldAtMs } as const;
  if (event === null) return { memory: next, changes: [] };
  return {
    memory: next,
    changes: [{ kind: 'resolve', value, why, isTold: event.isTold && !isSilenced }],
  };
}

/** The condition holds and nothing fires: it waits for its time, or fires. */
function raise(
  terms: RuleTerms,
  memory: RuleMemory,
  value: bigint,
  surroundings: StepSurroundings,
): RuleStep {
  const { nowMs, isSilenced, gapMsMax } = surroundings;
  const { lastLookAtMs, lastToldAtMs } = memory;
  const isBlind = terms.isEdited || lastLookAtMs === null || nowMs - lastLookAtMs > gapMsMax;
  const sinceMs = memory.state === 'pending' && !isBlind ? memory.sinceMs : nowMs;
  if (nowMs - sinceMs < terms.forMs) {
    return { memory: { state: 'pending', sinceMs, lastToldAtMs }, changes: [] };
  }
  const isTold = mayTell(terms, lastToldAtMs, surroundings);
  return {
    memory: { state: 'firing', sinceMs: nowMs, lastToldAtMs: isTold ? nowMs : lastToldAtMs },
    changes: [{ kind: 'fire', value, isTold, isSilenced }],
  };
}

/** It fires still: who was not told may be told now. */
function goOn(
  terms: RuleTerms,
  memory: RuleMemory,
  event: OpenEvent,
  surroundings: StepSurroundings,
): RuleStep {
  const { nowMs, isSilenced } = surroundings;
  const next = { ...keep(memory), state: 'firing' } as const;
  if (event.isTold) return { memory: next, changes: [] };
  if (isSilenced) return { memory: next, changes: event.isSilenced ? [] : [{ kind: 'hush' }] };
  if (!mayTell(terms, memory.lastToldAtMs, surroundings)) return { memory: next, changes: [] };
  return { memory: { ...next, lastToldAtMs: nowMs }, changes: [{ kind: 'tell' }] };
}

/** The cool-down is the least time between two notices of one rule that it fires. */
function mayTell(
  { hasChannel, coolDownMs }: RuleTerms,
  lastToldAtMs: number | null,
  { nowMs, isSilenced }: StepSurroundings,
): boolean {
  if (!hasChannel || isSilenced) return false;
  return lastToldAtMs === null || nowMs - lastToldAtMs >= coolDownMs;
}
