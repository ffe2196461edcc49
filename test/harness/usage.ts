import type { RouterOutputs } from '@tollgate/api';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Topology } from './topology.ts';

/** A row of `tollgate usage list --json`. */
export type UsageRow = RouterOutputs['usage']['list']['items'][number];

/** The usage rows of one request, once `count` of them are in Postgres. */
export async function waitForUsage(topology: Topology, requestId: string, count = 1): Promise<UsageRow[]> {
  const deadline = Date.now() + 10_000;
  for (;;) {
    const { items } = await topology.admin.usage.list.query({ requestId });
    if (items.length >= count || Date.now() > deadline) return items;
    await sleep(50);
  }
}

/** The newest rows. */
export async function listUsage(topology: Topology): Promise<UsageRow[]> {
  return (await topology.admin.usage.list.query({ limit: 100 })).items;
}

export async function readBalance(topology: Topology, email = 'u@example.com'): Promise<string> {
  return (await topology.admin.users.get.query({ email })).balance;
}
