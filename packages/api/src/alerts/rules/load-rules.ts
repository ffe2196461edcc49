import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, asc, eq, gt, lte, type SQL } from 'drizzle-orm';
import { buildProblem } from '../../problems/problem.ts';
import { mapRule } from './map-rule.ts';
import type { Rule, RuleRef } from './rule-schemas.ts';

const { alertRules, alertRuleStates, alertSilences } = schema;

/** In their order, with what the evaluator knows of them. Two statements, however many there are. */
export async function loadRules(
  db: Database | Transaction,
  now: Date,
  where?: SQL,
  limit?: number,
): Promise<Rule[]> {
  const query = db
    .select({ rule: alertRules, state: alertRuleStates })
    .from(alertRules)
    .leftJoin(alertRuleStates, eq(alertRuleStates.ruleId, alertRules.id))
    .where(where)
    .orderBy(asc(alertRules.position), asc(alertRules.id));
  const rows = await (limit === undefined ? query : query.limit(limit));
  const silences = await db
    .select()
    .from(alertSilences)
    .where(and(lte(alertSilences.startsAt, now), gt(alertSilences.endsAt, now)));
  return rows.map(({ rule, state }) => mapRule(rule, state, silences, now));
}

/** By id or by name; throws a not-found problem. */
export async function loadRule(db: Database | Transaction, now: Date, ref: RuleRef): Promise<Rule> {
  const where = 'id' in ref ? eq(alertRules.id, ref.id) : eq(alertRules.name, ref.name);
  const [found] = await loadRules(db, now, where, 1);
  if (!found) throw buildProblem('not-found', '', `no such alert rule: ${'id' in ref ? ref.id : ref.name}`);
  return found;
}
