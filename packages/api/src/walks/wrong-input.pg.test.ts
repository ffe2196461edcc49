import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { callProcedure } from './call-procedure.ts';
import { chooseKnown, generateInput } from './generate-input.ts';
import { listProcedures } from './list-procedures.ts';
import { seedEverything } from './seed-everything.ts';
import { Walker } from './walker.ts';

/** Of each procedure; 250 of each were clean when this was written. */
const RUNS = 30;
let api: TestApi;
let known: string[];
let walker: Walker;
beforeAll(async () => {
  api = await startTestApi(inject('postgresUrl'));
  known = await seedEverything(api, 2);
  walker = await Walker.create(api);
});
afterAll(() => api.stop());

describe('whatever comes in', () => {
  it.each(listProcedures())(
    '[CTL-1] $path answers below 500, and what its schema refuses with 400',
    async (procedure) => {
      await fc.assert(
        fc.asyncProperty(
          generateInput(procedure.input, chooseKnown(procedure.path, known)),
          async (input) => {
            const { status, text } = await callProcedure(
              api,
              procedure,
              input,
              await walker.selectHeaders(procedure),
            );
            expect(status).toBeLessThan(500);
            expect(text).not.toContain('internal error');
            // As it arrives: JSON knows neither undefined nor -0.
            const arrived: unknown = input === undefined ? undefined : JSON.parse(JSON.stringify(input));
            const isTaken = procedure.input?.safeParse(arrived).success ?? true;
            if (!isTaken) expect(status).toBe(400);
          },
        ),
        { numRuns: RUNS },
      );
    },
  );
});
