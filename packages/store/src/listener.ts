import type { AccountId, Invalidation, Logger } from '@tollgate/core';

export type RefreshListener = (accountId: AccountId) => void;
/** A promise resolves when the invalidation is in force; what rejects is logged and counts as done. */
export type InvalidationListener = (invalidation: Invalidation) => unknown;

/**
 * Hands over each invalidation to each listener. A listener that throws is logged, and hears the rest. Resolves when
 * all of them are in force, and never rejects; null = they are now.
 */
export function tellListeners(
  listeners: Iterable<InvalidationListener>,
  invalidations: readonly Invalidation[],
  logger: Logger,
): Promise<unknown> | null {
  const running: Promise<unknown>[] = [];
  for (const listener of listeners) {
    for (const invalidation of invalidations) {
      const logFault = (error: unknown): void =>
        logger.error({ err: error, scope: invalidation.scope }, 'an invalidation listener failed');
      try {
        const applied = listener(invalidation);
        if (applied instanceof Promise) running.push(applied.catch(logFault));
      } catch (error) {
        logFault(error);
      }
    }
  }
  return running.length === 0 ? null : Promise.all(running);
}

/** Hands over a wish for a new token. A listener that throws is logged. */
export function tellRefresh(listener: RefreshListener, accountId: AccountId, logger: Logger): void {
  try {
    listener(accountId);
  } catch (error) {
    logger.error({ err: error, accountId }, 'a listener for token refreshes failed');
  }
}
