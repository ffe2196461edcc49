import { afterAll, beforeAll, describe, expect, inject, it } from 'vitest';
import type { z } from 'zod';
import { startTestApi, type TestApi } from '../testing/start-test-api.ts';
import { callProcedure } from './call-procedure.ts';
import { listProcedures, type WalkedProcedure } from './list-procedures.ts';
import { seedEverything } from './seed-everything.ts';
import { Walker } from './walker.ts';

const MANY = 50;
/** More than a thousand mutations, one after the other, on whatever machine. */
const SEED_WAIT_MS = 600_000;
let one: TestApi;
let many: TestApi;
const walkers = new Map<TestApi, Walker>();
beforeAll(async () => {
  one = await startTestApi(inject('postgresUrl'));
  many = await startTestApi(inject('postgresUrl'));
  await seedAll(one, 1);
  await seedAll(many, MANY);
}, SEED_WAIT_MS);
afterAll(() => Promise.all([one.stop(), many.stop()]));

/** With as many things of one person, for that person's own lists. */
async function seedAll(api: TestApi, count: number): Promise<void> {
  await seedEverything(api, count);
  const walker = await Walker.create(api);
  walkers.set(api, walker);
  const { userId } = walker;
  const { items } = await api.client.groups.list.query({ limit: 1 });
  const groupIds = items.map(({ id }) => id);
  for (let index = 0; index < count; index += 1) {
    await api.client.keys.create.mutate({ userId, name: `own ${index}`, groupIds });
    await api.client.balances.adjust.mutate({ userId, kind: 'top-up', amount: '1' });
  }
}

const call = async (api: TestApi, procedure: WalkedProcedure, input: unknown) =>
  callProcedure(api, procedure, input, await walkers.get(api)?.selectHeaders(procedure));

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
  const headers = await walkers.get(api)?.selectHeaders(procedure);
  api.statements.length = 0;
  const { status, text } = await callProcedure(api, procedure, input, headers);
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
      for (const api of [one, many]) await call(api, procedure, {});
      const few = await countStatements(one, procedure);
      const lots = await countStatements(many, procedure);
      expect(lots.statements).toBe(few.statements);
      expect(lots.rows).toBeGreaterThanOrEqual(few.rows);
    },
  );
});
