import { buildAlertSealContext, type AlertChannelKind } from '@tollgate/core';
import { parseSecretKey, sealSecret, type Database } from '@tollgate/db';

export const TEST_KEY = parseSecretKey('5'.repeat(64));

/** A channel as the API stores it. `url` for all but mail; `recipients` for mail. */
export async function addChannel(
  { sql }: Database,
  id: string,
  {
    kind = 'webhook',
    url = '',
    recipients = [],
  }: { kind?: AlertChannelKind; url?: string; recipients?: string[] } = {},
): Promise<void> {
  const config = kind === 'email' ? { recipients } : { host: 'example.com' };
  const sealed = kind === 'email' ? null : sealSecret(url, TEST_KEY, buildAlertSealContext(id, 'url'));
  await sql`
    insert into alert_channels (id, name, kind, config, sealed_url)
    values (${id}, ${`channel ${id}`}, ${kind}, ${JSON.stringify(config)}::text::jsonb, ${sealed})`;
}

export interface SeededRule {
  metric?: string;
  filter?: object;
  comparison?: 'above' | 'below';
  threshold?: number;
  windowMinutes?: number;
  forMinutes?: number;
  coolDownMinutes?: number;
  channelId?: string | null;
  fallbackChannelId?: string | null;
  position?: number;
}

export async function addRule({ sql }: Database, id: string, rule: SeededRule = {}): Promise<void> {
  const { metric = 'requests', comparison = 'above', threshold = 0, windowMinutes = 5 } = rule;
  const {
    forMinutes = 0,
    coolDownMinutes = 0,
    channelId = null,
    fallbackChannelId = null,
    position = 1,
  } = rule;
  await sql`
    insert into alert_rules (id, name, position, metric, filter, comparison, threshold, window_minutes, for_minutes,
      cool_down_minutes, channel_id, fallback_channel_id)
    values (${id}, ${`rule ${id}`}, ${position}, ${metric}, ${JSON.stringify(rule.filter ?? {})}::text::jsonb,
      ${comparison}, ${threshold}, ${windowMinutes}, ${forMinutes}, ${coolDownMinutes}, ${channelId},
      ${fallbackChannelId})`;
}

/** An event that fires, with a message of it that is due. */
export async function addEvent(
  { sql }: Database,
  id: string,
  { ruleId = null, channelId }: { ruleId?: string | null; channelId: string },
): Promise<void> {
  await sql`
    insert into alert_events (id, rule_id, rule_name, severity, metric, comparison, threshold, fired_at, value_at_fire)
    values (${id}, ${ruleId}, ${`rule of ${id}`}, 'warning', 'requests', 'above', 0, now(), 7)`;
  await sql`
    insert into alert_deliveries (id, event_id, kind, channel_id, channel_name)
    values (${`ald_${id}`}, ${id}, 'firing', ${channelId}, 'x')`;
}

export async function clearAlerts({ sql }: Database): Promise<void> {
  await sql`truncate alert_deliveries, alert_silences, alert_rule_states, alert_events, alert_rules, alert_channels`;
}
