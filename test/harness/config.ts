import { stringify } from 'yaml';
import { KEY } from './client.ts';

export interface TestAccount {
  name: string;
  base_url: string;
  api_key?: string;
  concurrency?: number;
  priority?: number;
  groups?: string[];
  model_mapping?: Record<string, string>;
  /** With one that is not `api-key`, `api_key` is the access token. */
  kind?: 'api-key' | 'oauth' | 'setup-token';
  platform?: string;
  upstream_protocol?: string;
  project?: string;
  proxy?: string | null;
  /** Sessions and window cost are for kinds `oauth` and `setup-token`. */
  sessions_max?: number;
  /** Fractions are allowed: tests have no minutes to spare. */
  session_idle_minutes?: number;
  window_cost_limit?: string | null;
  window_cost_reserve?: string;
  intercept_warm_ups?: boolean;
  passed_statuses?: number[] | null;
  pause_rules?: { status: number; words?: string[]; minutes: number }[];
  schedulable?: boolean;
  pinned_headers?: Record<string, string>;
}

interface Overrides {
  groups?: Record<string, unknown>[];
  accounts: TestAccount[];
  users?: Record<string, unknown>[];
  keys?: Record<string, unknown>[];
  rpm_overrides?: { user: string; group: string; rpm: number }[];
}

/** A configuration file with one group, one user with 10 USD and one key, unless said otherwise. */
export function buildConfig(overrides: Overrides): string {
  return stringify({
    groups: overrides.groups ?? [{ name: 'main', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 }],
    accounts: overrides.accounts.map(({ api_key, ...account }) => ({
      platform: 'anthropic',
      kind: 'api-key',
      concurrency: 100,
      priority: 50,
      groups: ['main'],
      credentials: buildCredentials(account.kind, api_key ?? 'sk-up'),
      ...account,
    })),
    users: overrides.users ?? [{ email: 'u@example.com', balance: '10.00', concurrency: 50, rpm: 0 }],
    keys: overrides.keys ?? [{ user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY }],
    rpm_overrides: overrides.rpm_overrides ?? [],
  });
}

function buildCredentials(kind: TestAccount['kind'], secret: string): Record<string, string> {
  return kind === undefined || kind === 'api-key' ? { api_key: secret } : { access_token: secret };
}
