import type { AccountId, Invalidation, Logger } from '@tollgate/core';

export type RefreshListener = (accountId: AccountId) => void;
export type InvalidationListener = (invalidation: Invalidation) => void;

/** Hands over each invalidation. A listener that throws is logged, and hears the rest. */
export function tellListener(
  listener: InvalidationListener,
  invalidations: readonly Invalidation[],
  logger: Logger,
): void {
  for (const invalidation of invalidations) {
    try {
      listener(invalidation);
    } catch (error) {
      logger.error({ err: error, scope: invalidation.scope }, 'an invalidation listener failed');
    }
  }
}

/** Hands over a wish for a new token. A listener that throws is logged. */
export function tellRefresh(listener: RefreshListener, accountId: AccountId, logger: Logger): void {
  try {
    listener(accountId);
  } catch (error) {
    logger.error({ err: error, accountId }, 'a listener for token refreshes failed');
  }
}
