import type { Transaction } from '@tollgate/db';
import { loadChannels } from '../../alerts/channels/load-channels.ts';
import { buildExportEntry, type ExportEntry, type ExportOptions } from '../export-entry.ts';
import { sortByName } from '../sort-by-name.ts';
import { selectVariablePrefix } from '../variable-prefix.ts';
import { ALERT_RULE_DEFAULTS, describeRule } from './describe-rule.ts';
import { loadNamedRules } from './plan-alert-rules.ts';

const CHANNEL_DEFAULTS = { enabled: true };

/** URL and secret are references with names of their own. */
export async function exportAlertChannels(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const taken = new Set<string>();
  return sortByName(await loadChannels(tx), ({ channel }) => channel.name).map(({ channel }) => {
    const { name, kind, recipients, isSigned, isEnabled } = channel;
    const prefix = selectVariablePrefix('TOLLGATE_ALERT_CHANNEL', name, taken);
    const refer = (field: string) => ({ env: `${prefix}_${field}`, optional: true });
    const target = kind === 'email' ? { recipients } : { url: refer('URL') };
    const named = { name, kind, ...target, ...(isSigned && { secret: refer('SECRET') }) };
    return buildExportEntry({ named, fields: { enabled: isEnabled }, defaults: CHANNEL_DEFAULTS }, options);
  });
}

/** In their order, which the file keeps. */
export async function exportAlertRules(tx: Transaction, options: ExportOptions): Promise<ExportEntry[]> {
  const { rules, names } = await loadNamedRules(tx, new Date(0));
  return rules.map((rule) => {
    const { name, metric, comparison, threshold, ...fields } = describeRule(rule, names);
    const named = { name, metric, comparison, threshold };
    return buildExportEntry({ named, fields, defaults: ALERT_RULE_DEFAULTS }, options);
  });
}
