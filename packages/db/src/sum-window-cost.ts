import { parseUsd, type WindowCostSource } from '@tollgate/core';
import type { Database } from './open-database.ts';

/** What the bills say of an account. Attempts that are still in a journal are not in it yet. */
export function createWindowCostSource(db: Database): WindowCostSource {
  return {
    async sumWindowCost(accountId, startMs) {
      const [row] = await db.sql<{ cost: string }[]>`
        select coalesce(sum(standard_cost), 0)::text as cost from usage
        where account_id = ${accountId} and at >= ${new Date(startMs).toISOString()}`;
      return parseUsd(row?.cost ?? '0');
    },
  };
}
