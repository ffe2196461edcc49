import {
  ALERT_METRIC_NAMES,
  ALERT_METRICS,
  type AlertComparison,
  type AlertFilter,
  type AlertRuleState,
  type AlertSeverity,
  type AlertSilence,
} from '@tollgate/core';
import { sql } from 'drizzle-orm';
import type { Database, Transaction } from '../open-database.ts';

/** Rules whose time has come, for one evaluator. Moments in ms since 1970 UTC, all by Postgres's clock. */
export interface AlertRound {
  /** Whoever has claimed a rule later makes this void, see {@link recordRuleSteps}. */
  token: string;
  nowMs: number;
  /** By position. */
  rules: ClaimedRule[];
  /** Those that hold. */
  silences: AlertSilence[];
}

export interface ClaimedRule {
  id: string;
  name: string;
  /** May be one that this version does not know. */
  metric: string;
  filter: AlertFilter;
  comparison: AlertComparison;
  /** Decimal. */
  threshold: string;
  /** 1 for metrics of now. */
  windowMinutes: number;
  forMinutes: number;
  coolDownMinutes: number;
  severity: AlertSeverity;
  channelId: string | null;
  fallbackChannelId: string | null;
  isEnabled: boolean;
  /** Changed since the last look. */
  isEdited: boolean;
  /** One of its channels is there and enabled. */
  hasChannel: boolean;
  state: AlertRuleState;
  sinceMs: number;
  /** null = never. */
  lastLookAtMs: number | null;
  /** null = never. */
  lastToldAtMs: number | null;
  event: ClaimedEvent | null;
}

export interface ClaimedEvent {
  id: string;
  isTold: boolean;
  isSilenced: boolean;
  /** It fired on the metric, filter, comparison and threshold that the rule has still. */
  isOfTerms: boolean;
}

/** With the least window added: numbers that nothing else locks. */
const LOCK_ID = 5_018_338_000;
/** In minutes, both included. */
export interface AlertWindows {
  min: number;
  max: number;
}
/** Metrics of now have no window: they are looked at as often as the shortest ones. */
const NOW_METRICS = JSON.stringify(ALERT_METRIC_NAMES.filter((name) => ALERT_METRICS[name].over === 'now'));
const WINDOW = sql`case when ${NOW_METRICS}::text::jsonb ? r.metric then 1 else r.window_minutes end`;
/** A look that is due a moment after the timer must not wait for the next one. */
const DUE_PART = 0.75;

/**
 * Takes the rules that nobody has looked at for about `intervalMs`, or since they were edited; those with a window of N
 * minutes for N seconds at least, as their figure moves slowly and costs much. Of rules with other windows it takes none. null = somebody else takes them at this
 * moment. What is claimed and never recorded, as its evaluator died, is claimed again an interval later.
 */
export function claimAlertRules(
  db: Database,
  intervalMs: number,
  windows: AlertWindows,
): Promise<AlertRound | null> {
  return db.transaction(async (tx) => {
    const [lock] = await tx.execute<{ isOurs: boolean }>(
      sql`select pg_try_advisory_xact_lock(${LOCK_ID + windows.min}::bigint) as "isOurs"`,
    );
    if (lock?.isOurs !== true) return null;
    await addStates(tx);
    const [now] = await tx.execute<{ token: string; nowMs: string }>(
      sql`select ${buildToken(sql`now()`)} as token, ${buildMs(sql`now()`)} as "nowMs"`,
    );
    const rules = await takeDue(tx, intervalMs, windows);
    return { token: now?.token ?? '', nowMs: Number(now?.nowMs), rules, silences: await loadSilences(tx) };
  });
}

/** Microseconds since 1970: exact, whatever the session's time zone and style. */
export function buildToken(moment: ReturnType<typeof sql>): ReturnType<typeof sql> {
  return sql`(extract(epoch from ${moment}) * 1000000)::bigint::text`;
}

function buildMs(moment: ReturnType<typeof sql>): ReturnType<typeof sql> {
  return sql`floor(extract(epoch from ${moment}) * 1000)::bigint::text`;
}

/** A rule without a row was never looked at. */
async function addStates(tx: Transaction): Promise<void> {
  await tx.execute(sql`
    insert into alert_rule_states (rule_id, state, since)
    select r.id, 'ok', now() from alert_rules r
    where r.is_enabled and not exists (select from alert_rule_states s where s.rule_id = r.id)
    on conflict do nothing`);
}

interface Row extends Omit<ClaimedRule, 'sinceMs' | 'lastLookAtMs' | 'lastToldAtMs' | 'event'> {
  [column: string]: unknown;
  sinceMs: string;
  lastLookAtMs: string | null;
  lastToldAtMs: string | null;
  event: ClaimedEvent | null;
}

/** A look in the future is one before the clock was set back. */
async function takeDue(
  tx: Transaction,
  intervalMs: number,
  { min, max }: AlertWindows,
): Promise<ClaimedRule[]> {
  const rows = await tx.execute<Row>(sql`
    with due as (
      select s.rule_id, s.last_evaluated_at as before
      from alert_rule_states s join alert_rules r on r.id = s.rule_id
      where (r.is_enabled or s.state <> 'ok') and ${WINDOW} between ${min} and ${max} and (
        s.last_evaluated_at is null
        or s.last_evaluated_at <= now()
          - greatest(${intervalMs}::float8, (${WINDOW}) * 1000) * ${DUE_PART}::float8 * interval '1 ms'
        or s.last_evaluated_at > now() + interval '1 s'
        or (r.updated_at > s.last_evaluated_at and r.updated_at <= now())
      )
    ), taken as (
      update alert_rule_states s set last_evaluated_at = now() from due where s.rule_id = due.rule_id
      returning s.rule_id, s.state, s.since, s.last_notified_at, s.event_id, due.before
    )
    select r.id, r.name, r.metric, r.filter, r.comparison, r.threshold::text as threshold,
      ${WINDOW} as "windowMinutes", r.for_minutes as "forMinutes",
      r.cool_down_minutes as "coolDownMinutes", r.severity, r.channel_id as "channelId",
      r.fallback_channel_id as "fallbackChannelId", r.is_enabled as "isEnabled",
      coalesce(r.updated_at > t.before and r.updated_at <= now(), false) as "isEdited",
      exists (select from alert_channels c where c.id in (r.channel_id, r.fallback_channel_id) and c.is_enabled)
        as "hasChannel",
      t.state, ${buildMs(sql`t.since`)} as "sinceMs", ${buildMs(sql`t.before`)} as "lastLookAtMs",
      ${buildMs(sql`t.last_notified_at`)} as "lastToldAtMs",
      case when e.id is null then null else jsonb_build_object(
        'id', e.id, 'isSilenced', e.silenced,
        'isTold', exists (select from alert_deliveries d where d.event_id = e.id and d.kind = 'firing'),
        'isOfTerms', e.metric = r.metric and e.filter = r.filter and e.comparison = r.comparison
          and e.threshold = r.threshold
      ) end as event
    from taken t join alert_rules r on r.id = t.rule_id
    left join alert_events e on e.id = t.event_id and e.state = 'firing'
    order by r.position, r.id`);
  return rows.map((row) =>
    Object.assign(row, {
      sinceMs: Number(row.sinceMs),
      lastLookAtMs: readMs(row.lastLookAtMs),
      lastToldAtMs: readMs(row.lastToldAtMs),
    }),
  );
}

function readMs(text: string | null): number | null {
  return text === null ? null : Number(text);
}

async function loadSilences(tx: Transaction): Promise<AlertSilence[]> {
  const rows = await tx.execute<{
    ruleId: string | null;
    filter: AlertFilter | null;
    startsAtMs: string;
    endsAtMs: string;
  }>(sql`
    select rule_id as "ruleId", filter, ${buildMs(sql`starts_at`)} as "startsAtMs", ${buildMs(sql`ends_at`)} as "endsAtMs"
    from alert_silences where starts_at <= now() and ends_at > now()`);
  return rows.map(({ ruleId, filter, startsAtMs, endsAtMs }) => ({
    ruleId,
    filter,
    startsAt: new Date(Number(startsAtMs)),
    endsAt: new Date(Number(endsAtMs)),
  }));
}
