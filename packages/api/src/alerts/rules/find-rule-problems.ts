import { ALERT_METRICS, findForeignDimensions } from '@tollgate/core';
import type { Problem } from '../../problems/problem.ts';
import type { Rule } from './rule-schemas.ts';

type Condition = Pick<Rule, 'metric' | 'comparison' | 'threshold' | 'filter'>;

/** What could never fire, or be worked out. Empty = all is well. */
export function findConditionProblems({ metric, comparison, threshold, filter }: Condition): Problem[] {
  const { unit, dimensions } = ALERT_METRICS[metric];
  const known = dimensions.length === 0 ? 'it cannot be narrowed' : `it can by ${dimensions.join(', ')}`;
  const foreign = findForeignDimensions(metric, filter).map((dimension) => ({
    path: `filter.${dimension}`,
    message: `${metric} cannot be narrowed by ${dimension}: ${known}`,
  }));
  if (unit === 'ratio' && threshold > 1)
    foreign.push({ path: 'threshold', message: `${metric} is a ratio: from 0 to 1` });
  if (comparison === 'below' && threshold === 0)
    foreign.push({ path: 'threshold', message: 'no figure is below 0' });
  return foreign;
}

/** A channel cannot stand in for itself, nor for none. */
export function findChannelChoiceProblems(
  { channel, fallback }: { channel: string | null; fallback: string | null },
  path: string,
): Problem[] {
  if (fallback === null) return [];
  if (channel === null) return [{ path, message: 'there is no channel that it could stand in for' }];
  return channel === fallback ? [{ path, message: 'is the channel itself' }] : [];
}
