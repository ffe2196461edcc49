import type {
  AlertChannelConfig,
  AlertChannelKind,
  AlertComparison,
  AlertDeliveryKind,
  AlertFilter,
  AlertSeverity,
} from '@tollgate/core';
import type { Database } from '../open-database.ts';

/** A message that this process alone sends for a while. */
export interface AlertDeliveryClaim {
  id: string;
  kind: AlertDeliveryKind;
  isFallback: boolean;
  /** Failed ones so far. */
  tries: number;
  /** Tells this claim from a later one of the same message. */
  token: string;
  /** null = it is gone. */
  channel: StoredAlertChannel | null;
  /** null = a test of the channel. */
  event: StoredAlertEvent | null;
}

export interface StoredAlertChannel {
  id: string;
  name: string;
  kind: AlertChannelKind;
  config: AlertChannelConfig;
  /** null = mail. Open it with buildAlertSealContext(id, 'url'). */
  sealedUrl: string | null;
  /** null = none. Open it with buildAlertSealContext(id, 'secret'). */
  sealedSecret: string | null;
  isEnabled: boolean;
}

/** Decimals as Postgres writes them, moments in ISO 8601. */
export interface StoredAlertEvent {
  id: string;
  /** null = the rule is gone. */
  ruleId: string | null;
  ruleName: string;
  severity: AlertSeverity;
  metric: string;
  filter: AlertFilter;
  comparison: AlertComparison;
  threshold: string;
  valueAtFire: string;
  /** null = it fires, or there was no figure. */
  valueAtResolve: string | null;
  firedAt: string;
  /** null = it fires. */
  resolvedAt: string | null;
}

export interface ClaimDeliveriesOptions {
  /** After this, somebody else may claim it: the sender is gone. */
  leaseMs: number;
  limit: number;
  /** Channels that have enough under way. */
  busyChannelIds: readonly string[];
}

/**
 * The messages that have been due longest, one of each channel at most. Any number of processes may ask at once. What
 * tells the end of an event waits for what tells its beginning.
 */
export async function claimDeliveries(
  db: Database,
  { leaseMs, limit, busyChannelIds }: ClaimDeliveriesOptions,
): Promise<AlertDeliveryClaim[]> {
  const rows = await db.sql<AlertDeliveryClaim[]>`
    with fair as (
      select distinct on (coalesce(d.channel_id, d.id)) d.id, d.next_try_at
      from alert_deliveries d
      where d.state = 'waiting' and d.next_try_at <= now()
        and (d.channel_id is null or not ${JSON.stringify(busyChannelIds)}::text::jsonb ? d.channel_id)
        and not (d.kind = 'resolved' and exists (
          select from alert_deliveries f
          where f.event_id = d.event_id and f.kind = 'firing' and f.state = 'waiting'
        ))
      order by coalesce(d.channel_id, d.id), d.next_try_at, d.id
    ), due as (
      select id from alert_deliveries
      where id in (select id from fair order by next_try_at, id limit ${limit})
        and state = 'waiting' and next_try_at <= now()
      for update skip locked
    ), claimed as (
      update alert_deliveries d set next_try_at = now() + ${leaseMs}::float8 * interval '1 ms'
      from due where d.id = due.id returning d.*
    )
    select d.id, d.kind, d.is_fallback as "isFallback", d.tries,
      (extract(epoch from d.next_try_at) * 1000000)::bigint::text as token,
      case when c.id is null then null else jsonb_build_object(
        'id', c.id, 'name', c.name, 'kind', c.kind, 'config', c.config, 'sealedUrl', c.sealed_url,
        'sealedSecret', c.sealed_secret, 'isEnabled', c.is_enabled
      ) end as channel,
      case when e.id is null then null else jsonb_build_object(
        'id', e.id, 'ruleId', e.rule_id, 'ruleName', e.rule_name, 'severity', e.severity, 'metric', e.metric,
        'filter', e.filter, 'comparison', e.comparison, 'threshold', e.threshold::text,
        'valueAtFire', e.value_at_fire::text, 'valueAtResolve', e.value_at_resolve::text,
        'firedAt', e.fired_at at time zone 'UTC', 'resolvedAt', e.resolved_at at time zone 'UTC'
      ) end as event
    from claimed d left join alert_channels c on c.id = d.channel_id left join alert_events e on e.id = d.event_id
    order by d.next_try_at, d.id`;
  return rows.map((row) => Object.assign(row, { event: row.event && mapEvent(row.event) }));
}

/** Postgres writes `2026-01-02T03:04:05.678901` of what is in UTC. */
function mapEvent(event: StoredAlertEvent): StoredAlertEvent {
  const { firedAt, resolvedAt } = event;
  return { ...event, firedAt: formatMoment(firedAt), resolvedAt: resolvedAt && formatMoment(resolvedAt) };
}

function formatMoment(text: string): string {
  return new Date(`${text}Z`).toISOString();
}
