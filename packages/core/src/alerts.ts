import type { AlertFilter } from './alert-metrics.ts';

/** OPS-5: how an alert reaches people. */
export const ALERT_CHANNEL_KINDS = ['email', 'webhook', 'slack', 'feishu', 'dingtalk'] as const;
export type AlertChannelKind = (typeof ALERT_CHANNEL_KINDS)[number];

/** What may be seen of a channel: recipients of `email`; of all others the host, as the URL itself is a secret. */
export type AlertChannelConfig = { recipients: string[] } | { host: string };

/** The figure must be strictly above, or strictly below, the threshold. */
export const ALERT_COMPARISONS = ['above', 'below'] as const;
export type AlertComparison = (typeof ALERT_COMPARISONS)[number];

export const ALERT_SEVERITIES = ['info', 'warning', 'critical'] as const;
export type AlertSeverity = (typeof ALERT_SEVERITIES)[number];

/** `pending`: the condition holds, but not yet for the rule's for-duration. */
export const ALERT_RULE_STATES = ['ok', 'pending', 'firing'] as const;
export type AlertRuleState = (typeof ALERT_RULE_STATES)[number];

export const ALERT_EVENT_STATES = ['firing', 'resolved'] as const;
export type AlertEventState = (typeof ALERT_EVENT_STATES)[number];

export const ALERT_DELIVERY_KINDS = ['firing', 'resolved', 'test'] as const;
export type AlertDeliveryKind = (typeof ALERT_DELIVERY_KINDS)[number];

export const ALERT_DELIVERY_STATES = ['waiting', 'sent', 'failed'] as const;
export type AlertDeliveryState = (typeof ALERT_DELIVERY_STATES)[number];

/** What the seal of a channel's secrets is bound to, so that none opens in another row or in the other's place. */
export function buildAlertSealContext(channelId: string, what: 'url' | 'secret'): string {
  return `${channelId}/${what}`;
}

export interface AlertSilence {
  /** null = every rule. */
  ruleId: string | null;
  /** null = whatever the rule filters by. */
  filter: AlertFilter | null;
  startsAt: Date;
  /** No longer from this moment on. */
  endsAt: Date;
}

/**
 * Does the silence keep the rule quiet at `now`? With a filter, it is about rules that look at nothing else: each
 * dimension that the silence names is one that the rule filters by, to values that the silence names too.
 */
export function isSilenced(
  rule: { id: string; filter: AlertFilter },
  { ruleId, filter, startsAt, endsAt }: AlertSilence,
  now: Date,
): boolean {
  if (now < startsAt || now >= endsAt) return false;
  if (ruleId !== null && ruleId !== rule.id) return false;
  return Object.entries(filter ?? {}).every(([dimension, values]) => {
    const own = rule.filter[dimension as keyof AlertFilter];
    return own !== undefined && own.length > 0 && own.every((value) => values.includes(value));
  });
}
