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
}

interface Overrides {
  groups?: Record<string, unknown>[];
  accounts: TestAccount[];
  users?: Record<string, unknown>[];
  keys?: Record<string, unknown>[];
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
      credentials: { api_key: api_key ?? 'sk-up' },
      ...account,
    })),
    users: overrides.users ?? [{ email: 'u@example.com', balance: '10.00', concurrency: 50, rpm: 0 }],
    keys: overrides.keys ?? [{ user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY }],
  });
}
