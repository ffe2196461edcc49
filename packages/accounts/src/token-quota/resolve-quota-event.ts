import {
  hasUsableFigures,
  isOverQuota,
  isResetDue,
  QUOTA_SNAPSHOT_MS,
  type QuotaFigures,
} from './quota-figures.ts';
import type { QuotaEvent, QuotaInput, QuotaState } from './quota-states.ts';

/** The figures that this input is judged by: the database's, else the ones in memory with what was just settled. */
export function selectQuotaFigures(state: QuotaState, input: QuotaInput): QuotaFigures | null {
  if (input.kind === 'row') return input.figures;
  if (!('figures' in state)) return null;
  if (input.kind !== 'settled' || !(input.tokens > 0)) return state.figures;
  return { ...state.figures, tokenUsage: state.figures.tokenUsage + input.tokens };
}

/** Which column of the table an input is, with its conditions checked against figures and clock. */
export function resolveQuotaEvent(
  state: QuotaState,
  input: QuotaInput,
  figures: QuotaFigures | null,
  nowMs: number,
): QuotaEvent {
  switch (input.kind) {
    case 'flag-absent':
      return resolveAsked(state, nowMs);
    case 'row':
      return resolveRow(figures, nowMs);
    case 'settled':
      return figures !== null && isOverQuota(figures) ? 'settled-over' : 'settled-within';
    default:
      return input.kind;
  }
}

function resolveAsked(state: QuotaState, nowMs: number): QuotaEvent {
  if (!('figures' in state)) return 'asked-with-stale-figures';
  const ageMs = nowMs - state.readAtMs;
  // A clock that went back says nothing about their age.
  if (ageMs < 0 || ageMs >= QUOTA_SNAPSHOT_MS) return 'asked-with-stale-figures';
  return isResetDue(state.figures, nowMs) ? 'asked-after-period' : 'asked-with-fresh-figures';
}

function resolveRow(figures: QuotaFigures | null, nowMs: number): QuotaEvent {
  if (figures === null || !hasUsableFigures(figures)) return 'row-unusable';
  if (isResetDue(figures, nowMs)) return 'row-due';
  return isOverQuota(figures) ? 'row-over' : 'row-within';
}
