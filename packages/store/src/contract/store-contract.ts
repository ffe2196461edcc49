import { afterEach, beforeEach, describe } from 'vitest';
import { describeHolds } from './holds.contract.ts';
import { describeHoldWaits, describeSeedWaits } from './hold-waits.contract.ts';
import { describeLostHolds } from './lost-holds.contract.ts';
import { describePurses } from './purses.contract.ts';
import { describeAccountWaits } from './account-waits.contract.ts';
import { describeAccountStates } from './account-states.contract.ts';
import { describeSessions } from './sessions.contract.ts';
import { describeStickies } from './stickies.contract.ts';
import { describeWindowCosts } from './window-costs.contract.ts';
import { describeAccounts } from './accounts.contract.ts';
import { describeInvalidations } from './invalidations.contract.ts';
import { describeNodes } from './nodes.contract.ts';
import { describeModel } from './model.contract.ts';
import { describeQueues, describeRenewal } from './queues.contract.ts';
import { describeTokenRefreshes } from './token-refreshes.contract.ts';
import { describeTokens } from './tokens.contract.ts';
import { describeTokenQuota } from './token-quota.contract.ts';
import { describeWindows } from './windows.contract.ts';
import { describeSlots } from './slots.contract.ts';
import { describeSnapshots } from './snapshots.contract.ts';
import type { Harness, StartHarness } from './harness.ts';

const RENEW_MS = 20;

/** LIM-12: the suite that every implementation of the store passes. */
export function describeStoreContract(name: string, start: StartHarness, modelRuns: number): void {
  describe(`[LIM-12] ${name} keeps the store's contract`, () => {
    const current = useHarness(() => start());
    describeSlots(current);
    describeQueues(current);
    describeWindows(current);
    describeTokens(current);
    describeTokenQuota(current);
    describePurses(current);
    describeHolds(current);
    describeHoldWaits(current);
    describeLostHolds(current);
    describeAccounts(current);
    describeAccountStates(current);
    describeAccountWaits(current);
    describeStickies(current);
    describeSessions(current);
    describeWindowCosts(current);
    describeSnapshots(current);
    describeInvalidations(current);
    describeNodes(current);
    describeTokenRefreshes(current);
  });
  describe(`[LIM-12] ${name} keeps the store's contract`, () => {
    const current = useHarness(() => start(RENEW_MS));
    describeRenewal(current);
    describeSeedWaits(current);
  });
  describeModel(name, start, modelRuns);
}

/** A harness for each test. */
function useHarness(start: () => Promise<Harness>): () => Harness {
  let harness: Harness | null = null;
  beforeEach(async () => void (harness = await start()));
  afterEach(async () => await harness?.close());
  return () => {
    if (!harness) throw new Error('the harness was not started');
    return harness;
  };
}
