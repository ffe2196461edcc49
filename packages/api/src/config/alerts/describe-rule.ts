import type { AlertFilter } from '@tollgate/core';
import type { Rule } from '../../alerts/rules/rule-schemas.ts';
import type { ConfigAlertRule } from './config-alert-schemas.ts';
import { nameFilter } from './filter-names.ts';

/** What a new rule has where the file says nothing, in the file's words and order. */
export const ALERT_RULE_DEFAULTS = {
  filter: {},
  window_minutes: 5,
  for_minutes: 0,
  severity: 'warning',
  cool_down_minutes: 60,
  channel: null,
  fallback_channel: null,
  enabled: true,
} as const;

export type DescribedRule = Required<Omit<ConfigAlertRule, 'filter' | 'renamed_from'>> & {
  filter: AlertFilter;
};

/** A rule in the file's words. `names`: of what its filter holds by id, and of channels. */
export function describeRule(rule: Rule, names: ReadonlyMap<string, string>): DescribedRule {
  const nameOf = (id: string | null) => (id === null ? null : (names.get(id) ?? id));
  return {
    name: rule.name,
    metric: rule.metric,
    comparison: rule.comparison,
    threshold: rule.threshold,
    filter: nameFilter(rule.filter, names),
    window_minutes: rule.windowMinutes,
    for_minutes: rule.forMinutes,
    severity: rule.severity,
    cool_down_minutes: rule.coolDownMinutes,
    channel: nameOf(rule.channelId),
    fallback_channel: nameOf(rule.fallbackChannelId),
    enabled: rule.isEnabled,
  };
}
