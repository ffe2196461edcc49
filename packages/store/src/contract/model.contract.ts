import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountCommands, expectSameAccounts, type RealAccounts } from './account-commands.ts';
import { AccountModel } from './account-model.ts';
import type { StartHarness } from './harness.ts';
import { storeCommands } from './model-histories.ts';
import { expectSameSlots, type Real } from './model-real.ts';
import { ReferenceModel } from './reference-model.ts';

/** Slots that die are found by asking; a history that goes on for seconds is too slow. */
const RENEW_MS = 5;

export function describeModel(name: string, start: StartHarness, runs: number): void {
  describe(`${name} against the reference model`, () => {
    it('[LIM-12] [LIM-1] [LIM-2] [LIM-4] [LIM-5] [LIM-9] [MON-4] [MON-9] [SEL-2] any history of three nodes gives what the model gives', async () => {
      const property = fc.asyncProperty(storeCommands, async (commands) => {
        const harness = await start(RENEW_MS);
        const real: Real = {
          harness,
          leases: new Map(),
          tickets: new Map(),
          reservations: [],
          holds: new Map(),
          tokens: new Map(),
        };
        const model = new ReferenceModel();
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await expectSameSlots(model, real);
        } finally {
          await real.harness.close();
        }
      });
      await expect(fc.assert(property, { numRuns: runs })).resolves.toBeUndefined();
    }, 120_000);

    it('[LIM-12] [ACC-2] [ACC-3] [LIM-7] [LIM-8] [SEL-1] [SEL-4] any history of accounts gives what the model gives', async () => {
      const property = fc.asyncProperty(accountCommands, async (commands) => {
        const real: RealAccounts = { harness: await start(), taken: [] };
        const model = new AccountModel();
        try {
          await fc.asyncModelRun(() => ({ model, real }), commands);
          await expectSameAccounts(model, real);
        } finally {
          await real.harness.close();
        }
      });
      await expect(fc.assert(property, { numRuns: runs })).resolves.toBeUndefined();
    }, 120_000);
  });
}
