import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { PicoUsd } from '@tollgate/core';
import { listOverdraftBreaches } from './overdraft/judge-overdraft.ts';
import { measureOverdraft } from './overdraft/measure-overdraft.ts';
import { OVERDRAFT_CASES, type OverdraftPlan } from './overdraft/overdraft-plan.ts';
import { gaugeHold, startOverdraftSite, type OverdraftSite } from './overdraft/overdraft-site.ts';

/** The short form of `npm run prove:overdraft`. */
const PLAN: OverdraftPlan = { nodes: 2, requests: 150, limit: '1.00', maxTokens: 2_000, latencyMs: 20 };

describe('parallel requests of one user, over two gateways', () => {
  let site: OverdraftSite;
  let hold: PicoUsd;
  beforeAll(async () => {
    site = await startOverdraftSite(PLAN);
    hold = await gaugeHold(site, PLAN);
  });
  afterAll(() => site.stop());

  it.each(OVERDRAFT_CASES)(
    '[MON-4] [MON-9] [LIM-9] $purse, each costs $costs: nothing overdrawn, nobody refused who fits, nothing left held',
    async (item) => {
      const result = await measureOverdraft(item, site, PLAN, hold);
      expect(listOverdraftBreaches(result, PLAN.requests)).toEqual([]);
      // Each of the two is what it says: many are refused, or none though few fit at once.
      expect(Number(result.limit / hold)).toBeLessThan(PLAN.requests / 2);
    },
  );
});
