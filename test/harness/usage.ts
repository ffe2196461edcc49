import type { RouterOutputs } from '@tollgate/api';
import { setTimeout as sleep } from 'node:timers/promises';
import type { TollgateClient } from '@tollgate/api';

/** A topology, or whatever else has an admin's client. */
interface Administered {
  admin: TollgateClient;
}

/** A row of `tollgate usage list --json`. */
export type UsageRow = RouterOutputs['usage']['list']['items'][number];

/** The usage rows of one request, once `count` of them are in Postgres. */
export async function waitForUsage(
  topology: Administered,
  requestId: string,
  count = 1,
): Promise<UsageRow[]> {
  const deadline = Date.now() + 30_000;
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
