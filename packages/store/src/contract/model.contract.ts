import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { accountCommands, expectSameAccounts, type RealAccounts } from './account-commands.ts';
import { AccountModel } from './account-model.ts';
import type { StartHarness } from './harness.ts';
import { expectSameSlots, storeCommands, type Real } from './model-commands.ts';
import { ReferenceModel } from './reference-model.ts';

export function describeModel(name: string, start: StartHarness, runs: number): void {
  describe(`${name} against the reference model`, () => {
    it('[LIM-12] [LIM-1] [LIM-4] [SEL-2] any history of three nodes gives what the model gives', async () => {
      const property = fc.asyncProperty(storeCommands, async (commands) => {
        const real: Real = { harness: await start(), leases: [], tokens: new Map() };
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
