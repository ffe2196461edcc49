import { afterEach, beforeEach, describe } from 'vitest';
import { describeBalances } from './balances.contract.ts';
import { describeAccounts } from './accounts.contract.ts';
import { describeInvalidations } from './invalidations.contract.ts';
import { describeModel } from './model.contract.ts';
import { describeQueues } from './queues.contract.ts';
import { describeTokens } from './tokens.contract.ts';
import { describeTokenQuota } from './token-quota.contract.ts';
import { describeWindows } from './windows.contract.ts';
import { describeSlots } from './slots.contract.ts';
import { describeSnapshots } from './snapshots.contract.ts';
import type { Harness, StartHarness } from './harness.ts';

/** LIM-12: the suite that every implementation of the store passes. */
export function describeStoreContract(name: string, start: StartHarness, modelRuns: number): void {
  describe(`[LIM-12] ${name} keeps the store's contract`, () => {
    let harness: Harness | null = null;
    beforeEach(async () => void (harness = await start()));
    afterEach(async () => await harness?.close());
    const current = (): Harness => {
      if (!harness) throw new Error('the harness was not started');
      return harness;
    };
    describeSlots(current);
    describeQueues(current);
    describeWindows(current);
    describeTokens(current);
    describeTokenQuota(current);
    describeBalances(current);
    describeAccounts(current);
    describeSnapshots(current);
    describeInvalidations(current);
  });
  describeModel(name, start, modelRuns);
}
