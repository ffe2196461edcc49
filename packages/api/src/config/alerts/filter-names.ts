import { ALERT_DIMENSIONS, type AlertDimension, type AlertFilter } from '@tollgate/core';
import { schema, type Database, type Transaction } from '@tollgate/db';
import { and, eq, inArray } from 'drizzle-orm';
import { ProblemError, type Problem } from '../../problems/problem.ts';

const { accounts, groups, keys, users } = schema;

interface Named {
  id: string;
  name: string;
}

/** Dimensions that rows hold by id, and files by name; a key is `<e-mail>/<name>`. */
const KINDS = {
  account: {
    byIds: (db, ids) =>
      db.select({ id: accounts.id, name: accounts.name }).from(accounts).where(inArray(accounts.id, ids)),
    byName: (db, name) =>
      db.select({ id: accounts.id, name: accounts.name }).from(accounts).where(eq(accounts.name, name)),
  },
  group: {
    byIds: (db, ids) =>
      db.select({ id: groups.id, name: groups.name }).from(groups).where(inArray(groups.id, ids)),
    byName: (db, name) =>
      db.select({ id: groups.id, name: groups.name }).from(groups).where(eq(groups.name, name)),
  },
  user: {
    byIds: (db, ids) =>
      db.select({ id: users.id, name: users.email }).from(users).where(inArray(users.id, ids)),
    byName: (db, name) =>
      db.select({ id: users.id, name: users.email }).from(users).where(eq(users.email, name)),
  },
  key: {
    async byIds(db, ids) {
      const rows = await selectKeys(db).where(inArray(keys.id, ids));
      return rows.map(({ id, email, name }) => ({ id, name: `${email}/${name}` }));
    },
    async byName(db, text) {
      // No e-mail address has a slash; a key's name may.
      const [email = '', ...rest] = text.split('/');
      const rows = await selectKeys(db).where(and(eq(users.email, email), eq(keys.name, rest.join('/'))));
      return rows.map(({ id }) => ({ id, name: text }));
    },
  },
} as const satisfies Partial<Record<AlertDimension, Kind>>;

interface Kind {
  byIds(db: Database | Transaction, ids: string[]): PromiseLike<Named[]>;
  byName(db: Database | Transaction, name: string): PromiseLike<Named[]>;
}

function selectKeys(db: Database | Transaction) {
  return db
    .select({ id: keys.id, name: keys.name, email: users.email })
    .from(keys)
    .innerJoin(users, eq(users.id, keys.userId));
}

/** Id → name of all that the filters name; what is gone is not in it. */
export async function loadFilterNames(
  db: Database | Transaction,
  filters: readonly AlertFilter[],
): Promise<ReadonlyMap<string, string>> {
  const names = new Map<string, string>();
  for (const [dimension, { byIds }] of Object.entries(KINDS) as [keyof typeof KINDS, Kind][]) {
    const ids = [...new Set(filters.flatMap((filter) => filter[dimension] ?? []))];
    const rows = ids.length === 0 ? [] : await byIds(db, ids);
    for (const { id, name } of rows) names.set(id, name);
  }
  return names;
}

/** As a file says it. What is gone keeps its id: in the same installation it goes on saying the same. */
export function nameFilter(filter: AlertFilter, names: ReadonlyMap<string, string>): AlertFilter {
  const entries = ALERT_DIMENSIONS.flatMap((dimension) => {
    const values = filter[dimension];
    if (values === undefined) return [];
    const isNamed = dimension in KINDS;
    const shown = values.map((value) => (isNamed ? (names.get(value) ?? value) : value));
    return [[dimension, shown.toSorted()] as const];
  });
  return Object.fromEntries(entries);
}

/** The other way round. Throws a ProblemError that names each of what there is not, by its path in the file. */
export async function resolveFilter(
  tx: Transaction,
  filter: AlertFilter,
  path: string,
): Promise<AlertFilter> {
  const problems: Problem[] = [];
  const resolved: AlertFilter = { ...filter };
  for (const [dimension, { byName }] of Object.entries(KINDS) as [keyof typeof KINDS, Kind][]) {
    const wanted = filter[dimension];
    if (wanted === undefined) continue;
    const ids: string[] = [];
    for (const name of wanted) {
      const [found] = await byName(tx, name);
      if (found) ids.push(found.id);
      else problems.push({ path: `${path}.${dimension}`, message: `no such ${dimension}: ${name}` });
    }
    resolved[dimension] = ids;
  }
  if (problems.length > 0) throw new ProblemError('invalid', problems);
  return resolved;
}
