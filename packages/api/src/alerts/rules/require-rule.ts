import { schema, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { isDeepStrictEqual } from 'node:util';
import { ProblemError } from '../../problems/problem.ts';
import { requireFilterTargets } from '../require-filter-targets.ts';
import { findChannelChoiceProblems, findConditionProblems } from './find-rule-problems.ts';
import type { Rule } from './rule-schemas.ts';

const { alertChannels } = schema;

export type RuleFields = Omit<Rule, 'id' | 'position' | 'state' | 'isSilenced' | 'createdAt' | 'updatedAt'>;

/**
 * Throws problems of a rule as it is to be. `current`: as it was; what it referred to already is not looked for again, so
 * that a rule about an account that is gone can still be changed. null = it is new.
 */
export async function requireRule(
  tx: Transaction,
  wanted: RuleFields,
  current: Pick<RuleFields, 'filter'> | null,
): Promise<void> {
  const { channelId: channel, fallbackChannelId: fallback } = wanted;
  const problems = [
    ...findConditionProblems(wanted),
    ...findChannelChoiceProblems({ channel, fallback }, 'fallbackChannelId'),
  ];
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  await requireChannels(tx, { channelId: channel, fallbackChannelId: fallback });
  if (!isDeepStrictEqual(wanted.filter, current?.filter)) await requireFilterTargets(tx, wanted.filter);
}

async function requireChannels(tx: Transaction, chosen: Record<string, string | null>): Promise<void> {
  const ids = Object.values(chosen).filter((id) => id !== null);
  if (ids.length === 0) return;
  const rows = await tx
    .select({ id: alertChannels.id })
    .from(alertChannels)
    .where(inArray(alertChannels.id, ids));
  const problems = Object.entries(chosen).flatMap(([path, id]) =>
    id === null || rows.some((row) => row.id === id)
      ? []
      : [{ path, message: `no such alert channel: ${id}` }],
  );
  if (problems.length > 0) throw new ProblemError('not-found', problems);
}
