import type { Invalidation, Logger } from '@tollgate/core';

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
