import { schema } from '@tollgate/db';
import { inArray } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange, type Actor, type Change } from '../../change/run-change.ts';
import { ProblemError, type Problem } from '../../problems/problem.ts';
import { insertAccount } from '../write-account.ts';
import { parseImport, type PlacedRow } from './parse-import.ts';

const CONTENT_CHARACTERS_MAX = 4_000_000;
/** More would help nobody, and the answer has to stay readable. */
const PROBLEMS_MAX = 100;
const { accounts, groups } = schema;

const inputSchema = z.strictObject({
  format: z.enum(['csv', 'json']),
  /** The file. CSV has a header line; a JSON list has what `accounts.create` takes, with groups by name. */
  content: z.string().max(CONTENT_CHARACTERS_MAX, 'is too large: split the file'),
  /** Checks everything and creates nothing. */
  dryRun: z.boolean().default(false),
});

const outputSchema = z.strictObject({
  dryRun: z.boolean(),
  accounts: z.array(
    z.strictObject({
      /** Where it stood: `line 3`, `[2]`. */
      place: z.string(),
      /** null = dry run. */
      id: z.string().nullable(),
      name: z.string(),
    }),
  ),
});

/** Creates all accounts of a file or none; what is wrong is told of every row, by its line. */
export const importAccounts = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(async ({ ctx, input: { format, content, dryRun } }) => {
    const { rows, problems } = parseImport(format, content);
    if (problems.length > 0) throw buildFault(problems);
    const created = await importRows({ services: ctx.services, actor: ctx.admin.id }, rows, dryRun);
    return {
      dryRun,
      accounts: rows.map(({ place, row }, index) => ({
        place,
        id: dryRun ? null : (created[index] ?? null),
        name: row.name,
      })),
    };
  });

/** Undoes a dry run: everything was written, so everything was checked. */
class DryRunOver extends Error {}

async function importRows(actor: Actor, rows: readonly PlacedRow[], isDryRun: boolean): Promise<string[]> {
  try {
    return await runChange(actor, async (change) => {
      const ids = await insertRows(change, rows);
      if (isDryRun) throw new DryRunOver();
      return ids;
    });
  } catch (fault) {
    if (fault instanceof DryRunOver) return [];
    throw fault;
  }
}

async function insertRows(change: Change, rows: readonly PlacedRow[]): Promise<string[]> {
  const problems = await findTakenNames(change, rows);
  const groupIds = await loadGroupIds(change, rows);
  const ids: string[] = [];
  for (const { place, row } of rows) {
    const missing = (row.groups ?? []).filter((name) => !groupIds.has(name));
    problems.push(...missing.map((name) => ({ path: `${place}.groups`, message: `no such group: ${name}` })));
    if (problems.some(({ path }) => path === `${place}.name`) || missing.length > 0) continue;
    const { groups: names = [], groupPriorities: priorities = {}, ...fields } = row;
    const own = new Map(Object.entries(priorities));
    const links = names.map((name) => ({ id: groupIds.get(name) ?? '', priority: own.get(name) ?? null }));
    try {
      ids.push((await insertAccount(change, { ...fields, groups: links })).account.id);
    } catch (fault) {
      // Thrown before anything was sent to the database, which goes on.
      if (!(fault instanceof ProblemError)) throw fault;
      problems.push(...fault.problems.map(({ path, message }) => ({ path: `${place}.${path}`, message })));
    }
  }
  if (problems.length > 0) throw buildFault(problems);
  return ids;
}

async function findTakenNames({ tx }: Change, rows: readonly PlacedRow[]): Promise<Problem[]> {
  const names = rows.map(({ row }) => row.name);
  const taken = await tx.select({ name: accounts.name }).from(accounts).where(inArray(accounts.name, names));
  const set = new Set(taken.map(({ name }) => name));
  return rows
    .filter(({ row }) => set.has(row.name))
    .map(({ place }) => ({ path: `${place}.name`, message: 'is taken already' }));
}

async function loadGroupIds({ tx }: Change, rows: readonly PlacedRow[]): Promise<Map<string, string>> {
  const names = [...new Set(rows.flatMap(({ row }) => row.groups ?? []))];
  if (names.length === 0) return new Map();
  const found = await tx
    .select({ id: groups.id, name: groups.name })
    .from(groups)
    .where(inArray(groups.name, names));
  return new Map(found.map(({ id, name }) => [name, id]));
}

function buildFault(problems: readonly Problem[]): ProblemError {
  const more = problems.length - PROBLEMS_MAX;
  const shown = problems.slice(0, PROBLEMS_MAX);
  return new ProblemError(
    'invalid',
    more > 0 ? [...shown, { path: '', message: `and ${more} more` }] : shown,
  );
}
