import { setTimeout as sleep } from 'node:timers/promises';
import type { TollgateClient } from '@tollgate/api';

/** A topology, or whatever else has an admin's client. */
interface Administered {
  admin: TollgateClient;
}

/** A row of `tollgate usage list --json`. */
export interface UsageRow {
  request_id: string;
  attempt_id: string;
  at: string;
  user: string;
  key: string;
  group: string;
  account: string;
  protocol: string;
  model: string;
  upstream_model: string;
  stream: boolean;
  status: number;
  state: 'settled' | 'estimated' | 'failed' | 'unknown';
  input_tokens: number;
  cache_read_tokens: number;
  cache_write_5m_tokens: number;
  cache_write_1h_tokens: number;
  output_tokens: number;
  reasoning_tokens: number;
  standard_cost_usd: string;
  actual_cost_usd: string;
  duration_ms: number;
  first_token_ms: number | null;
  error_code: string | null;
}

/** The usage rows of one request, once `count` of them are in Postgres. */
export async function waitForUsage(
  topology: Administered,
  requestId: string,
  count = 1,
): Promise<UsageRow[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { items } = await topology.admin.usage.list.query({ requestId });
    if (items.length >= count || Date.now() > deadline) return items;
    await sleep(50);
  }
}

/** The newest rows. */
export async function listUsage(topology: Administered): Promise<UsageRow[]> {
  return (await topology.admin.usage.list.query({ limit: 100 })).items;
}

export async function readBalance(topology: Administered, email = 'u@example.com'): Promise<string> {
  return (await topology.admin.users.get.query({ email })).balance;
}
