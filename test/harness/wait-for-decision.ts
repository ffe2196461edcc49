import type { RouterOutputs, TollgateClient } from '@tollgate/api';
import { setTimeout as sleep } from 'node:timers/promises';

type Shown = RouterOutputs['requests']['get'];

/** The decision record of a request, once it is in Postgres (OPS-9). */
export async function waitForDecision(
  { admin }: { admin: TollgateClient },
  requestId: string,
): Promise<Shown> {
  for (const deadline = Date.now() + 30_000; ; await sleep(50)) {
    const shown = await admin.requests.get.query({ requestId }).catch(() => null);
    if (shown?.request) return shown;
    if (Date.now() > deadline) throw new Error(`no decision record of ${requestId}`);
  }
}
