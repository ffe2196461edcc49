import { findQuotaWaitMs, QUOTA_FLAG_MS_MIN, QUOTA_PERIOD_MS, type QuotaFigures } from './quota-figures.ts';
import {
  QUOTA_EVENTS,
  QUOTA_STATES,
  type QuotaEffect,
  type QuotaEffectName,
  type QuotaEvent,
  type QuotaInput,
  type QuotaState,
  type QuotaStateName,
} from './quota-states.ts';
import { QUOTA_TRANSITIONS, type QuotaTransition } from './quota-transitions.ts';
import { resolveQuotaEvent, selectQuotaFigures } from './resolve-quota-event.ts';

export interface QuotaStep {
  state: QuotaState;
  effects: QuotaEffect[];
}

export const QUOTA_START: QuotaState = { name: 'unknown' };

const EVENT_COUNT = QUOTA_EVENTS.length;
const cells: (QuotaTransition | undefined)[] = Array.from({ length: QUOTA_STATES.length * EVENT_COUNT });
for (const row of QUOTA_TRANSITIONS) cells[findCell(row.from, row.on)] = row;

/**
 * One step of the token quota guard (LIM-10): pure, by {@link QUOTA_TRANSITIONS}. `nowMs`: wall clock, ms since
 * 1970 UTC. The runner carries the effects out in order and feeds what comes of them back in.
 */
export function advanceQuota(state: QuotaState, input: QuotaInput, nowMs: number): QuotaStep {
  const figures = selectQuotaFigures(state, input);
  const row = cells[findCell(state.name, resolveQuotaEvent(state, input, figures, nowMs))];
  if (row === undefined) return { state, effects: [] };
  const waitMs =
    input.kind === 'flag-found' ? limitLifeMs(input.lifeMs) : figures && findQuotaWaitMs(figures, nowMs);
  return {
    state: buildState(row.to, state, input, figures, nowMs),
    effects: row.effects.map((name) => buildEffect(name, waitMs ?? 0)),
  };
}

function findCell(from: QuotaStateName, on: QuotaEvent): number {
  return QUOTA_STATES.indexOf(from) * EVENT_COUNT + QUOTA_EVENTS.indexOf(on);
}

function buildState(
  name: QuotaStateName,
  before: QuotaState,
  input: QuotaInput,
  figures: QuotaFigures | null,
  nowMs: number,
): QuotaState {
  if (name !== 'within' && name !== 'over') return { name };
  // The table leads to these two only with figures.
  if (figures === null) return QUOTA_START;
  return {
    name,
    figures,
    readAtMs: input.kind === 'row' || !('readAtMs' in before) ? nowMs : before.readAtMs,
  };
}

function buildEffect(name: QuotaEffectName, waitMs: number): QuotaEffect {
  switch (name) {
    case 'refuse':
    case 'refuse-asker':
      return { do: name, retryAfterMs: waitMs };
    case 'write-flag':
      return { do: name, lifeMs: waitMs };
    default:
      return { do: name };
  }
}

/** A flag's life comes from the store: no promise that it is a sensible number. */
function limitLifeMs(lifeMs: number): number {
  if (!Number.isFinite(lifeMs)) return QUOTA_FLAG_MS_MIN;
  return Math.min(Math.max(Math.ceil(lifeMs), 1), QUOTA_PERIOD_MS);
}
