import {
  formatUsd,
  TollgateError,
  type KeySnapshot,
  type PicoUsd,
  type SnapshotSource,
} from '@tollgate/core';
import type { Store } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';

export interface ShowUsageServices {
  store: Store;
  source: SnapshotSource;
}

/** MON-10, balance mode: the live balance, as an exact JSON number. Works at zero balance. */
export async function showUsage(
  context: RequestContext,
  services: ShowUsageServices,
): Promise<TollgateError | null> {
  const { key, group } = context.admitted;
  const balance = await readLiveBalance(key, services);
  const body = `{"isValid":true,"planName":${JSON.stringify(group.name)},"remaining":${formatUsd(balance)},"unit":"USD"}`;
  context.writer.send(200, { 'content-type': 'application/json' }, body);
  return null;
}

/** The figure that admission uses, which settlements move at once; else the ledger's. */
async function readLiveBalance({ key, user }: KeySnapshot, services: ShowUsageServices): Promise<PicoUsd> {
  try {
    const live = await services.store.readBalance(user.id);
    if (live !== null) return live;
  } catch {
    // The ledger knows as well, a moment later.
  }
  try {
    return (await services.source.loadPurses(user.id, key.id, null)).balance;
  } catch (cause) {
    throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
  }
}
