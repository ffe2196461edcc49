import type { PoolSnapshot } from '@tollgate/core';
import { mapModel } from './map-model.ts';

/**
 * The names that `/v1/models` shows (API-6): what at least one account of the pool may be asked for. An account
 * with a mapping serves its exact names and those `defaults` that its patterns fit; one without serves all
 * `defaults` (the platform's names from the price book). Sorted by code unit, each name once.
 * Accounts that an admin has switched off do not count; a passing fault (`error`) does not shorten the list.
 */
export function listServableModels(pool: PoolSnapshot, defaults: readonly string[]): string[] {
  const models = new Set<string>();
  for (const { status, schedulable, modelMapping } of pool.accounts) {
    if (status === 'disabled' || !schedulable) continue;
    for (const name of Object.keys(modelMapping)) if (!name.endsWith('*')) models.add(name);
    for (const name of defaults) if (mapModel(modelMapping, name) !== null) models.add(name);
  }
  return [...models].toSorted();
}
