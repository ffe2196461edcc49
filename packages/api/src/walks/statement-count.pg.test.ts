import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { z } from 'zod';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { callProcedure } from './call-procedure.ts';
import { listProcedures, type WalkedProcedure } from './list-procedures.ts';
import { seedEverything } from './seed-everything.ts';

const MANY = 50;
let one: TestApi;
let many: TestApi;
beforeAll(async () => {
  one = await startTestApi(inject('postgresUrl'));
  many = await startTestApi(inject('postgresUrl'));
  await seedEverything(one, 1);
  await seedEverything(many, MANY);
});
afterAll(() => Promise.all([one.stop(), many.stop()]));

/** Whatever answers with `items` is a list; those that list the parts of one object are asked for by its own test. */
const LISTS = listProcedures().filter(({ type, output }) => type === 'query' && hasItems(output));

function hasItems(output: z.ZodType | null): boolean {
  const { shape } = (output?.def ?? {}) as { shape?: object };
  return shape !== undefined && 'items' in shape;
}

async function countStatements(
  api: TestApi,
  procedure: WalkedProcedure,
): Promise<{ rows: number; statements: number }> {
  const input = procedure.input?.safeParse({ limit: MANY }).success ? { limit: MANY } : {};
  api.statements.length = 0;
  const { status, text } = await callProcedure(api, procedure, input);
  const statements = api.statements.length;
  expect([status, status === 200 ? '' : text]).toEqual([200, '']);
  const { result } = JSON.parse(text) as { result: { data: { items: unknown[] } } };
  return { rows: result.data.items.length, statements };
}

describe('lists', () => {
  it('there are some', () => {
    expect(LISTS.map(({ path }) => path)).toEqual(
      expect.arrayContaining(['accounts.list', 'keys.list', 'users.list']),
    );
  });

  it.each(LISTS.filter(({ input }) => input === null || input.safeParse({}).success))(
    '[CTL-1] $path sends as many statements for fifty rows as for one',
    async (procedure) => {
      // The first call of each prepares what connections remember.
      for (const api of [one, many]) await callProcedure(api, procedure, {});
      const few = await countStatements(one, procedure);
      const lots = await countStatements(many, procedure);
      expect(lots.statements).toBe(few.statements);
      expect(lots.rows).toBeGreaterThanOrEqual(few.rows);
    },
  );
});
