import type { Transaction } from '@tollgate/db';
import { loadChannels } from '../../alerts/channels/load-channels.ts';
import { removeChannel } from '../../alerts/channels/write-channel.ts';
import { loadRules } from '../../alerts/rules/load-rules.ts';
import { removeRule } from '../../alerts/rules/write-rule.ts';
import type { PlacedConfig } from '../placed-config.ts';
import { buildDeleteStep, type PlanStep } from '../plan.ts';
import { sortByName } from '../sort-by-name.ts';

/** Rules before the channels that they use. */
export async function planAlertPrune(
  tx: Transaction,
  config: Pick<PlacedConfig, 'alert_channels' | 'alert_rules'>,
  isPresent: (section: 'alert_channels' | 'alert_rules') => boolean,
): Promise<PlanStep[]> {
  const isLeft = (section: 'alert_channels' | 'alert_rules', name: string) =>
    isPresent(section) && config[section].every(({ entry }) => entry.name !== name);
  // What they are silenced by does not matter here.
  const rules = (await loadRules(tx, new Date(0))).filter(({ name }) => isLeft('alert_rules', name));
  const channels = (await loadChannels(tx)).filter(({ channel }) => isLeft('alert_channels', channel.name));
  return [
    ...sortByName(rules, ({ name }) => name).map((rule) =>
      buildDeleteStep('alert_rule', rule.name, (change) => removeRule(change, rule)),
    ),
    ...sortByName(channels, ({ channel }) => channel.name).map(({ channel }) =>
      buildDeleteStep('alert_channel', channel.name, (change) => removeChannel(change, channel)),
    ),
  ];
}
