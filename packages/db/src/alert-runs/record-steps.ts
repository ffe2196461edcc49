import { createId } from '@tollgate/core';
import type postgres from 'postgres';
import type { Database } from '../open-database.ts';
import type { AlertRound, ClaimedRule } from './claim-rules.ts';
import { addFiringDelivery, addResolvedDeliveries } from './add-deliveries.ts';

/** What one look has found out of one rule. Moments in ms since 1970 UTC, by Postgres's clock. */
export interface RecordedStep {
  state: ClaimedRule['state'];
  sinceMs: number;
  lastToldAtMs: number | null;
  /** Decimal; null = there was none, `unknown` = it stays what it was. */
  value: string | null | 'unknown';
  fault: string | null;
  changes: RecordedChange[];
}

export type RecordedChange =
  | { kind: 'fire'; value: string; isTold: boolean; isSilenced: boolean }
  | { kind: 'tell' }
  | { kind: 'hush' }
  | { kind: 'resolve'; value: string | null; isTold: boolean };

/** Rules of which nothing is to be told, in one statement. A rule that somebody else claimed since stays as it is. */
export async function recordQuietSteps(
  db: Database,
  { token }: Pick<AlertRound, 'token'>,
  steps: readonly { ruleId: string; step: RecordedStep }[],
): Promise<void> {
  if (steps.length === 0) return;
  const rows = steps.map(({ ruleId, step }) => ({
    rule_id: ruleId,
    state: step.state,
    since_ms: step.sinceMs,
    told_ms: step.lastToldAtMs,
    is_known: step.value !== 'unknown',
    value: step.value === 'unknown' ? null : step.value,
    fault: step.fault,
  }));
  await db.sql`
    update alert_rule_states s set state = r.state, since = to_timestamp(r.since_ms / 1000.0),
      last_notified_at = to_timestamp(r.told_ms / 1000.0),
      last_value = case when r.is_known then r.value else s.last_value end, fault = r.fault
    from jsonb_to_recordset(${JSON.stringify(rows)}::text::jsonb) as r(rule_id text, state text, since_ms bigint,
      told_ms bigint, is_known boolean, value numeric, fault text)
    where s.rule_id = r.rule_id
      and (extract(epoch from s.last_evaluated_at) * 1000000)::bigint = ${token}::text::bigint`;
}

/**
 * A rule that fires, is told or ends: its state, its event and what is to be sent, in one transaction. false = the rule
 * is gone or somebody else claimed it since, and nothing was written.
 */
export function recordRuleStep(
  db: Database,
  round: Pick<AlertRound, 'token' | 'nowMs'>,
  rule: ClaimedRule,
  step: RecordedStep,
): Promise<boolean> {
  return db.sql.begin(async (tx) => {
    // The rule before its state, as who deletes it does: else the two would wait for each other.
    await tx`select from alert_rules where id = ${rule.id} for key share`;
    const held = await tx`
      select from alert_rule_states where rule_id = ${rule.id}
        and (extract(epoch from last_evaluated_at) * 1000000)::bigint = ${round.token}::text::bigint
      for update`;
    if (held.length === 0) return false;
    let eventId = rule.event?.id ?? null;
    for (const change of step.changes) eventId = await apply(tx, round.nowMs, rule, eventId, change);
    const isKnown = step.value !== 'unknown';
    await tx`
      update alert_rule_states set state = ${step.state}, since = to_timestamp(${step.sinceMs}::float8 / 1000),
        last_notified_at = to_timestamp(${step.lastToldAtMs}::float8 / 1000), event_id = ${eventId},
        last_value = case when ${isKnown} then ${isKnown ? step.value : null}::numeric else last_value end,
        fault = ${step.fault}
      where rule_id = ${rule.id}`;
    return true;
  });
}

/** Resolves to the open event afterwards. */
async function apply(
  tx: postgres.TransactionSql,
  nowMs: number,
  rule: ClaimedRule,
  eventId: string | null,
  change: RecordedChange,
): Promise<string | null> {
  if (change.kind === 'fire') {
    const id = await insertEvent(tx, nowMs, rule, change);
    if (change.isTold) await addFiringDelivery(tx, nowMs, rule, id);
    return id;
  }
  if (eventId === null) return null;
  if (change.kind === 'tell') await addFiringDelivery(tx, nowMs, rule, eventId);
  if (change.kind === 'hush') await tx`update alert_events set silenced = true where id = ${eventId}`;
  if (change.kind !== 'resolve') return eventId;
  const { count } = await tx`
    update alert_events set state = 'resolved', value_at_resolve = ${change.value}::numeric,
      resolved_at = greatest(fired_at, to_timestamp(${nowMs}::float8 / 1000))
    where id = ${eventId} and state = 'firing'`;
  if (count > 0 && change.isTold) await addResolvedDeliveries(tx, nowMs, eventId);
  return null;
}

async function insertEvent(
  tx: postgres.TransactionSql,
  nowMs: number,
  rule: ClaimedRule,
  { value, isSilenced }: Extract<RecordedChange, { kind: 'fire' }>,
): Promise<string> {
  const id = createId('alertEvent', nowMs);
  await tx`
    insert into alert_events (id, rule_id, rule_name, severity, metric, filter, comparison, threshold, fired_at,
      value_at_fire, silenced)
    values (${id}, ${rule.id}, ${rule.name}, ${rule.severity}, ${rule.metric},
      ${JSON.stringify(rule.filter)}::text::jsonb, ${rule.comparison}, ${rule.threshold}::numeric,
      to_timestamp(${nowMs}::float8 / 1000), ${value}::numeric, ${isSilenced})`;
  return id;
}
