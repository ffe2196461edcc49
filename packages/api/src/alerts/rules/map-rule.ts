import { isSilenced, type AlertSilence } from '@tollgate/core';
import type { Rule, RuleRow, RuleStateRow } from './rule-schemas.ts';

/** `silences`: those that may hold at `now`. */
export function mapRule(
  { threshold, createdAt, updatedAt, ...row }: RuleRow,
  state: RuleStateRow | null,
  silences: readonly AlertSilence[],
  now: Date,
): Rule {
  return {
    ...row,
    threshold: Number(threshold),
    state: state && mapState(state),
    isSilenced: silences.some((silence) => isSilenced(row, silence, now)),
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}

function mapState({
  state,
  since,
  lastValue,
  lastEvaluatedAt,
  lastNotifiedAt,
  eventId,
  fault,
}: RuleStateRow): Rule['state'] {
  return {
    state,
    since: since.toISOString(),
    lastValue: lastValue === null ? null : Number(lastValue),
    lastEvaluatedAt: lastEvaluatedAt?.toISOString() ?? null,
    lastNotifiedAt: lastNotifiedAt?.toISOString() ?? null,
    eventId,
    fault,
  };
}
