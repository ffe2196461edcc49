import {
  formatUsd,
  picoUsd,
  SUBSCRIPTION_WINDOW_MS,
  TollgateError,
  ZERO_USD,
  type Clock,
  type GroupSnapshot,
  type KeySnapshot,
  type LoadedPurses,
  type PicoUsd,
  type SnapshotSource,
} from '@tollgate/core';
import type { PurseLimit, PurseName, PurseState, Store } from '@tollgate/store';
import { listSubscriptionPurses } from '../money/list-purses.ts';
import { selectPurseUse } from '../money/select-purse-use.ts';
import { checkSubscription, findSubscription } from '../money/select-subscription.ts';
import type { RequestContext } from '../request-context.ts';

export interface ShowUsageServices {
  store: Store;
  source: SnapshotSource;
  clock: Clock;
}

/** What `remaining` says of a subscription without limits. */
const UNLIMITED = picoUsd(-(10n ** 12n));

/**
 * MON-10: what is left to spend, as an exact JSON number: the live balance, or the least remainder of the
 * subscription's windows (−1 = none has a limit). Works at zero.
 */
export async function showUsage(
  context: RequestContext,
  services: ShowUsageServices,
): Promise<TollgateError | null> {
  const { key, group } = context.admitted;
  const isValid = checkSubscription(key, group, services.clock.nowMs()) === null;
  const remaining = isValid ? await readRemaining(key, group, services) : ZERO_USD;
  const body = `{"isValid":${isValid},"planName":${JSON.stringify(group.name)},"remaining":${formatUsd(remaining)},"unit":"USD"}`;
  context.writer.send(200, { 'content-type': 'application/json' }, body);
  return null;
}

async function readRemaining(
  key: KeySnapshot,
  group: GroupSnapshot,
  services: ShowUsageServices,
): Promise<PicoUsd> {
  if (group.type !== 'subscription') {
    const purse: PurseName = { kind: 'balance', userId: key.user.id };
    const [balance] = await readAmounts([{ purse, limit: null }], key, group, services);
    return balance ?? ZERO_USD;
  }
  const windows = listSubscriptionPurses(key, group);
  if (windows.length === 0) return UNLIMITED;
  const spent = await readAmounts(windows, key, group, services);
  const rests = windows.map(({ limit }, index) => (limit ?? 0n) - (spent[index] ?? 0n));
  const least = rests.reduce((one, other) => (other < one ? other : one));
  return picoUsd(least > 0n ? least : 0n);
}

/** The figures that admission uses, which settlements move at once; else those of the books. */
async function readAmounts(
  purses: readonly PurseLimit[],
  key: KeySnapshot,
  group: GroupSnapshot,
  services: ShowUsageServices,
): Promise<PicoUsd[]> {
  const names = purses.map(({ purse }) => purse);
  const live = await readLive(names, services);
  if (live !== null) return live.map(({ amount }) => amount);
  const loaded = await loadPurses(key, group, services);
  return names.map((purse) => readBooked(purse, loaded, services.clock.nowMs()));
}

/** A window that is over counts as nothing spent. */
function readBooked(purse: PurseName, loaded: LoadedPurses, nowMs: number): PicoUsd {
  const { spent, startMs } = selectPurseUse(purse, loaded);
  if (purse.kind !== 'subscription' || startMs === null) return spent;
  return startMs + SUBSCRIPTION_WINDOW_MS[purse.window] <= nowMs ? ZERO_USD : spent;
}

/** null = the store does not know them all. */
async function readLive(
  names: readonly PurseName[],
  { store }: ShowUsageServices,
): Promise<PurseState[] | null> {
  try {
    const states = await store.readPurses(names);
    return states.every((state) => state !== null) ? states : null;
  } catch {
    // The books know as well, a moment later.
    return null;
  }
}

async function loadPurses(
  key: KeySnapshot,
  group: GroupSnapshot,
  { source }: ShowUsageServices,
): Promise<LoadedPurses> {
  const subscriptionId = findSubscription(key, group)?.id ?? null;
  try {
    return await source.loadPurses(key.user.id, key.key.id, subscriptionId);
  } catch (cause) {
    throw new TollgateError('unavailable', { cause, retryAfterMs: 1_000 });
  }
}
