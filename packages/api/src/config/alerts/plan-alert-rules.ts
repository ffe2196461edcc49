import { isDeepStrictEqual } from 'node:util';
import { schema, type Database, type Transaction } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { normaliseAlertFilter } from '../../alerts/alert-filter-field.ts';
import { findChannelChoiceProblems, findConditionProblems } from '../../alerts/rules/find-rule-problems.ts';
import { loadRules } from '../../alerts/rules/load-rules.ts';
import { listRuleOrder, writeRuleOrder } from '../../alerts/rules/order-rules.ts';
import type { Rule, RulePatch } from '../../alerts/rules/rule-schemas.ts';
import { insertRule, updateRule } from '../../alerts/rules/write-rule.ts';
import type { Change } from '../../change/run-change.ts';
import { selectChanges } from '../../change/select-changes.ts';
import { ProblemError, type Problem } from '../../problems/problem.ts';
import type { Placed } from '../placed-config.ts';
import { buildCreateStep, buildUpdateStep, type PlanStep, type SectionPlan } from '../plan.ts';
import type { ConfigAlertRule } from './config-alert-schemas.ts';
import { ALERT_RULE_DEFAULTS, describeRule, type DescribedRule } from './describe-rule.ts';
import { loadFilterNames, resolveFilter } from './filter-names.ts';

/** The rules that are there with their names for what they hold by id. */
export async function loadNamedRules(
  db: Database | Transaction,
  now: Date,
): Promise<{ rules: Rule[]; names: ReadonlyMap<string, string> }> {
  const rules = await loadRules(db, now);
  const names = new Map(
    await loadFilterNames(
      db,
      rules.map(({ filter }) => filter),
    ),
  );
  const { alertChannels } = schema;
  const channels = await db.select({ id: alertChannels.id, name: alertChannels.name }).from(alertChannels);
  for (const { id, name } of channels) names.set(id, name);
  return { rules, names };
}

/** The rules of the file come first, in its order; the others after them, in theirs. */
export async function planAlertRules(
  db: Database | Transaction,
  entries: readonly Placed<ConfigAlertRule>[],
  now: Date,
): Promise<SectionPlan> {
  if (entries.length === 0) return { steps: [], problems: [] };
  const { rules, names } = await loadNamedRules(db, now);
  const byName = new Map(rules.map((rule) => [rule.name, rule]));
  const described = new Map(rules.map((rule) => [rule.name, describeRule(rule, names)]));
  const problems = entries.flatMap(({ index, entry }) =>
    findProblems(merge(entry, described.get(entry.name)), `alert_rules[${index}]`),
  );
  const steps = entries.map(({ index, entry }, at) => {
    const [current, before] = [byName.get(entry.name), described.get(entry.name)];
    const path = `alert_rules[${index}]`;
    if (!current || !before) return planNewRule(entry, path);
    return planRule({ entry, before, current, position: at + 1 }, path);
  });
  return { steps: [...steps, buildOrderStep(entries.map(({ entry }) => entry.name))], problems };
}

/**
 * A field that is left out has its default in a new rule, and stays as it is in one that is there. A rule has its name
 * already.
 */
function merge(
  { filter, renamed_from: _done, ...entry }: ConfigAlertRule,
  before: DescribedRule | undefined,
): DescribedRule {
  const given = Object.fromEntries(Object.entries(entry).filter(([, value]) => value !== undefined));
  const wanted = filter && { filter: normaliseAlertFilter(filter) };
  return { ...ALERT_RULE_DEFAULTS, ...before, ...given, ...wanted } as DescribedRule;
}

function findProblems(wanted: DescribedRule, path: string): Problem[] {
  const { channel, fallback_channel: fallback } = wanted;
  return [
    ...findConditionProblems(wanted).map((problem) => ({
      path: `${path}.${problem.path}`,
      message: problem.message,
    })),
    ...findChannelChoiceProblems({ channel, fallback }, `${path}.fallback_channel`),
  ];
}

function planNewRule(entry: ConfigAlertRule, path: string): PlanStep {
  return buildCreateStep('alert_rule', entry.name, async (change) => {
    const wanted = merge(entry, undefined);
    const { metric, comparison, threshold } = wanted;
    const patch = await buildPatch(change.tx, wanted, path);
    await insertRule(change, { ...patch, name: entry.name, metric, comparison, threshold });
  });
}

interface Known {
  entry: ConfigAlertRule;
  before: DescribedRule;
  current: Rule;
  position: number;
}

function planRule({ entry, before, current, position }: Known, path: string): PlanStep {
  const changes = selectChanges<Partial<DescribedRule>>(before, merge(entry, before));
  const moved = current.position === position ? {} : { position };
  const shown = { ...before, position: current.position };
  return buildUpdateStep('alert_rule', entry.name, shown, { ...changes, ...moved }, async (change) => {
    await updateRule(change, current, await buildPatch(change.tx, changes, path));
  });
}

/** In the API's words; names become ids. */
async function buildPatch(tx: Transaction, fields: Partial<DescribedRule>, path: string): Promise<RulePatch> {
  const { filter, channel, fallback_channel: fallback } = fields;
  const ids = await resolveChannels(tx, { channel, fallback_channel: fallback }, path);
  return {
    metric: fields.metric,
    comparison: fields.comparison,
    threshold: fields.threshold,
    windowMinutes: fields.window_minutes,
    forMinutes: fields.for_minutes,
    severity: fields.severity,
    coolDownMinutes: fields.cool_down_minutes,
    isEnabled: fields.enabled,
    channelId: ids.channel,
    fallbackChannelId: ids.fallback_channel,
    filter: (filter && (await resolveFilter(tx, filter, `${path}.filter`))) as RulePatch['filter'],
  };
}

type ChannelChoice = Record<'channel' | 'fallback_channel', string | null | undefined>;

async function resolveChannels(tx: Transaction, chosen: ChannelChoice, path: string): Promise<ChannelChoice> {
  const names = Object.values(chosen).filter((name) => typeof name === 'string');
  const { alertChannels } = schema;
  const rows =
    names.length === 0 ? [] : await tx.select().from(alertChannels).where(inArray(alertChannels.name, names));
  const find = (field: keyof ChannelChoice) => {
    const name = chosen[field];
    if (typeof name !== 'string') return name;
    const row = rows.find((one) => one.name === name);
    if (row) return row.id;
    const problem = { path: `${path}.${field}`, message: `no such alert channel: ${name}` };
    throw new ProblemError('invalid', [problem]);
  };
  return { channel: find('channel'), fallback_channel: find('fallback_channel') };
}

/** After all others: new rules are there. */
function buildOrderStep(names: readonly string[]): PlanStep {
  const step = buildCreateStep('alert_rule', '', (change) => orderRules(change, names));
  return { ...step, isShown: false };
}

async function orderRules({ tx, now, audit }: Change, names: readonly string[]): Promise<void> {
  const before = await listRuleOrder(tx);
  const ids = new Map((await loadRules(tx, now)).map(({ name, id }) => [name, id]));
  const first = names.flatMap((name) => ids.get(name) ?? []);
  const after = [...new Set([...first, ...before])];
  if (isDeepStrictEqual(before, after)) return;
  await writeRuleOrder(tx, after);
  audit('alert-rule.order', 'alert-rules', { names });
}
