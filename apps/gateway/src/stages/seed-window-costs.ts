import type { EligibleAccount } from '@tollgate/accounts';
import type { AccountId, Clock, Logger, UpstreamWindow, WindowCostSource } from '@tollgate/core';
import { select5hEnd, selectCostWindow, type Store, type TakeAccountResult } from '@tollgate/store';

export interface SeedServices {
  store: Store;
  windowCosts: WindowCostSource;
  clock: Clock;
  logger: Logger;
}

type Unknown = Extract<TakeAccountResult, { reason: 'window-cost-unknown' }>;

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
  const window = selectCostWindow(clock.nowMs(), select5hEnd(windows));
  try {
    const spent = await windowCosts.sumWindowCost(accountId, window.startMs);
    await store.seedWindowCost(accountId, window, spent, seedToken);
    return true;
  } catch (fault) {
    logger.error({ err: fault, accountId }, 'window cost cannot be read');
    return false;
  }
}
