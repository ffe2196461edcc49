import { z } from 'zod';
import { priorityField } from '../../fields/number-fields.ts';
import { nameField } from '../../fields/text-fields.ts';
import { accountCreateSchema } from '../account-schemas.ts';

const ROW_GROUPS_MAX = 1000;

/** One account of an import: what `accounts.create` takes, with groups by name. */
export const importRowSchema = z
  .strictObject({
    ...accountCreateSchema.shape,
    groups: z
      .array(nameField)
      .max(ROW_GROUPS_MAX)
      .refine((names) => new Set(names).size === names.length, 'names a group twice')
      .optional(),
    /** Of the account in each of those groups; absent = its own. */
    groupPriorities: z.record(nameField, priorityField).optional(),
  })
  .superRefine(({ groups = [], groupPriorities = {} }, context) => {
    const other = Object.keys(groupPriorities).find((name) => !groups.includes(name));
    if (other === undefined) return;
    const message = `no group of this account: ${other}`;
    context.addIssue({ code: 'custom', path: ['groupPriorities'], message });
  });

export type ImportRow = z.infer<typeof importRowSchema>;

/** Of CSV: how a cell becomes the field's value. */
type CellKind = 'text' | 'number' | 'flag' | 'names' | 'json';

interface CsvColumn {
  /** Of the row; a dot leads into its credentials. */
  field: string;
  kind: CellKind;
}

/** Column → field, in the order of an export. An empty cell says nothing. */
export const CSV_COLUMNS: Readonly<Record<string, CsvColumn>> = {
  name: { field: 'name', kind: 'text' },
  platform: { field: 'platform', kind: 'text' },
  kind: { field: 'kind', kind: 'text' },
  api_key: { field: 'credentials.api_key', kind: 'text' },
  access_token: { field: 'credentials.access_token', kind: 'text' },
  refresh_token: { field: 'credentials.refresh_token', kind: 'text' },
  token_expires_at: { field: 'credentials.expires_at', kind: 'text' },
  base_url: { field: 'baseUrl', kind: 'text' },
  proxy: { field: 'proxy', kind: 'text' },
  groups: { field: 'groups', kind: 'names' },
  group_priorities: { field: 'groupPriorities', kind: 'json' },
  concurrency: { field: 'concurrency', kind: 'number' },
  priority: { field: 'priority', kind: 'number' },
  status: { field: 'status', kind: 'text' },
  schedulable: { field: 'schedulable', kind: 'flag' },
  expires_at: { field: 'expiresAt', kind: 'text' },
  upstream_protocol: { field: 'upstreamProtocol', kind: 'text' },
  project: { field: 'project', kind: 'text' },
  sessions_max: { field: 'sessionsMax', kind: 'number' },
  session_idle_minutes: { field: 'sessionIdleMinutes', kind: 'number' },
  window_cost_limit: { field: 'windowCostLimit', kind: 'text' },
  window_cost_reserve: { field: 'windowCostReserve', kind: 'text' },
  intercept_warm_ups: { field: 'interceptWarmUps', kind: 'flag' },
  model_mapping: { field: 'modelMapping', kind: 'json' },
  passed_statuses: { field: 'passedStatuses', kind: 'json' },
  pause_rules: { field: 'pauseRules', kind: 'json' },
  pinned_headers: { field: 'pinnedHeaders', kind: 'json' },
};
