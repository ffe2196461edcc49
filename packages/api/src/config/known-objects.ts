import { schema, type Database, type Transaction } from '@tollgate/db';
import type { GroupGraph } from '../groups/group-graph.ts';
import { loadGroupGraph, nameGroupGraph } from '../groups/load-group-graph.ts';

/** What the file may refer to without declaring it: what is in the database already. */
export interface KnownObjects {
  /** Groups and accounts by name. */
  graph: GroupGraph;
  /** E-mail addresses. */
  users: ReadonlySet<string>;
}

export const NOTHING_KNOWN: KnownObjects = {
  graph: { groups: new Map(), accounts: new Map() },
  users: new Set(),
};

export async function loadKnownObjects(db: Database | Transaction): Promise<KnownObjects> {
  const graph = nameGroupGraph(await loadGroupGraph(db));
  const users = await db.select({ email: schema.users.email }).from(schema.users);
  return { graph, users: new Set(users.map(({ email }) => email)) };
}
