import type { AccountId, ModelRoute } from '@tollgate/core';
import { isPatternFor } from '../is-pattern-for.ts';

/**
 * The accounts that a group's routing names for the model that the client asked for (SEL-1): those of the first
 * route whose pattern fits. They replace the candidates, so an empty set means that nobody may serve it.
 * null = no route fits, all accounts are candidates.
 */
export function selectRoutedAccounts(
  routes: readonly ModelRoute[],
  model: string,
): ReadonlySet<AccountId> | null {
  const route = routes.find(({ pattern }) => pattern === model || isPatternFor(pattern, model));
  return route === undefined ? null : new Set(route.accountIds);
}
