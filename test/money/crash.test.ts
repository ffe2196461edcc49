import { describe, expect, it } from 'vitest';
import { createSeededRandom } from '../harness/seeded-random.ts';
import { listCrashBreaches } from './crash/judge-crashes.ts';
import { runCrashes } from './crash/run-crashes.ts';

/** The short form of `npm run prove:crash`. */
const PLAN = { rounds: 2, clients: 8, lost: 5, random: createSeededRandom('crash') };

describe('everything that can die, under load', () => {
  it(
    '[MON-5] [MON-6] each answer that a client saw is billed once, at its price; what nobody knows is unknown',
    { timeout: 300_000 },
    async () => {
      const result = await runCrashes(PLAN);
      expect(listCrashBreaches(result)).toEqual([]);
      expect(result.books.answered).toBeGreaterThan(100);
    },
  );
});
