import { schema } from '@tollgate/db';
import { count, eq } from 'drizzle-orm';
import type { Change } from '../../change/run-change.ts';
import { selectChanges } from '../../change/select-changes.ts';
import { buildProblem } from '../../problems/problem.ts';
import { normaliseAlertFilter } from '../alert-filter-field.ts';
import { endRuleEvent } from './end-rule-event.ts';
import { loadRule } from './load-rules.ts';
import { listRuleOrder, writeRuleOrder } from './order-rules.ts';
import { requireRule, type RuleFields } from './require-rule.ts';
import type { Rule, RuleCreate, RulePatch } from './rule-schemas.ts';

const { alertRules } = schema;
/** Each costs a query at every evaluation. */
const RULES_MAX = 1_000;
const THRESHOLD_DECIMALS = 12;

const DEFAULTS = {
  filter: {},
  windowMinutes: 5,
  forMinutes: 0,
  severity: 'warning',
  coolDownMinutes: 60,
  channelId: null,
  fallbackChannelId: null,
  isEnabled: true,
} as const;

/** The new rule is the last. */
export async function insertRule(change: Change, fields: RuleCreate): Promise<Rule> {
  const [rules] = await change.tx.select({ total: count() }).from(alertRules);
  const total = rules?.total ?? 0;
  if (total >= RULES_MAX) throw buildProblem('conflict', '', `there are ${RULES_MAX} alert rules already`);
  const wanted = { ...DEFAULTS, ...normaliseRulePatch(fields) } as RuleFields;
  await requireRule(change.tx, wanted, null);
  const id = change.createId('alertRule');
  const stamps = { createdAt: change.now, updatedAt: change.now };
  const { threshold, ...columns } = wanted;
  await change.tx
    .insert(alertRules)
    .values({ ...columns, ...stamps, id, position: total + 1, threshold: formatThreshold(threshold) });
  change.audit('alert-rule.create', id, { ...wanted });
  return loadRule(change.tx, change.now, { id });
}

/** What the patch would change, in the same form as the rule shows it. */
export function selectRuleChanges(current: Rule, patch: RulePatch): Partial<RuleFields> {
  return selectChanges<Partial<RuleFields>>(current, normaliseRulePatch(patch));
}

/** Writes only what differs; nothing differs → nothing written or audited. */
export async function updateRule(change: Change, current: Rule, patch: RulePatch): Promise<Rule> {
  const changes = selectRuleChanges(current, patch);
  if (Object.keys(changes).length === 0) return current;
  await requireRule(change.tx, { ...current, ...changes }, current);
  const { threshold, ...columns } = changes;
  await change.tx
    .update(alertRules)
    .set({
      ...columns,
      ...(threshold !== undefined && { threshold: formatThreshold(threshold) }),
      updatedAt: change.now,
    })
    .where(eq(alertRules.id, current.id));
  change.audit('alert-rule.update', current.id, changes);
  return loadRule(change.tx, change.now, current);
}

/** What it had fired is over with it, and those who were told are told so. */
export async function removeRule(
  change: Change,
  rule: Pick<Rule, 'id' | 'name' | 'channelId'>,
): Promise<void> {
  await endRuleEvent(change, rule);
  await change.tx.delete(alertRules).where(eq(alertRules.id, rule.id));
  await writeRuleOrder(change.tx, await listRuleOrder(change.tx));
  change.audit('alert-rule.delete', rule.id, { name: rule.name });
}

function normaliseRulePatch({ filter, ...patch }: RulePatch): Partial<RuleFields> {
  const given = Object.fromEntries(Object.entries(patch).filter(([, value]) => value !== undefined));
  return { ...given, ...(filter && { filter: normaliseAlertFilter(filter) }) };
}

/** Without the exponent that String() gives small figures. */
function formatThreshold(threshold: number): string {
  return threshold.toFixed(THRESHOLD_DECIMALS);
}
