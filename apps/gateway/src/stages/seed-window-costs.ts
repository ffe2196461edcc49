import type { EligibleAccount } from '@tollgate/accounts';
import type { AccountId, Clock, Logger, UpstreamWindow, WindowCostSource } from '@tollgate/core';
import type { Store, TakeAccountResult } from '@tollgate/store';

export interface SeedServices {
  store: Store;
  windowCosts: WindowCostSource;
  clock: Clock;
  logger: Logger;
}

type Unknown = Extract<TakeAccountResult, { reason: 'window-cost-unknown' }>;

const HOUR_MS = 3_600_000;
/** LIM-8 */
const WINDOW_MS = 5 * HOUR_MS;
/** By how much the upstream's clock may be ahead. */
const CLOCK_SKEW_MS = 60_000;

/**
 * LIM-8: the store does not know what these accounts have cost in their present window: the bills do. Gives the
 * accounts that are left: one whose figure cannot be read is left out (money fails closed).
 */
export async function seedWindowCosts(
  eligible: readonly EligibleAccount[],
  { accountIds, seedTokens }: Unknown,
  services: SeedServices,
): Promise<readonly EligibleAccount[]> {
  const windows = await services.store.listUpstreamWindows(accountIds);
  const failed = new Set<AccountId>();
  await Promise.all(
    accountIds.map(async (accountId, index) => {
      const token = seedTokens[index] ?? '';
      const isSeeded = await seedOne(accountId, windows[index] ?? [], token, services);
      if (!isSeeded) failed.add(accountId);
    }),
  );
  return eligible.filter(({ account }) => !failed.has(account.id));
}

async function seedOne(
  accountId: AccountId,
  windows: readonly UpstreamWindow[],
  seedToken: string,
  { store, windowCosts, clock, logger }: SeedServices,
): Promise<boolean> {
  const window = selectCostWindow(windows, clock.nowMs());
  try {
    const spent = await windowCosts.sumWindowCost(accountId, window.startMs);
    await store.seedWindowCost(accountId, window, spent, seedToken);
    return true;
  } catch (fault) {
    logger.error({ err: fault, accountId }, 'window cost cannot be read');
    return false;
  }
}

/**
 * The window that the upstream's headers state, else five hours from the top of the present hour. One that would
 * begin in the future is no statement: it would have cost nothing yet.
 */
export function selectCostWindow(
  windows: readonly UpstreamWindow[],
  nowMs: number,
): { startMs: number; endMs: number } {
  const stated = windows.find(({ name }) => name === '5h')?.resetsAtMs;
  const isStated = stated !== null && stated !== undefined && stated > nowMs;
  if (isStated && stated - WINDOW_MS <= nowMs + CLOCK_SKEW_MS)
    return { startMs: stated - WINDOW_MS, endMs: stated };
  const startMs = nowMs - (nowMs % HOUR_MS);
  return { startMs, endMs: startMs + WINDOW_MS };
}
