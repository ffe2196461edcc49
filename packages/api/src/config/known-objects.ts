import { schema, type Database, type Transaction } from '@tollgate/db';
import type { GroupGraph } from '../groups/group-graph.ts';
import { loadGroupGraph, nameGroupGraph } from '../groups/load-group-graph.ts';

/** What the file may refer to without declaring it: what is in the database already. */
export interface KnownObjects {
  /** Groups and accounts by name. */
  graph: GroupGraph;
  /** By name. */
  proxies: ReadonlySet<string>;
  /** E-mail addresses. */
  users: ReadonlySet<string>;
}

export const NOTHING_KNOWN: KnownObjects = {
  graph: { groups: new Map(), accounts: new Map() },
  proxies: new Set(),
  users: new Set(),
};

export async function loadKnownObjects(db: Database | Transaction): Promise<KnownObjects> {
  const graph = nameGroupGraph(await loadGroupGraph(db));
  const users = await db.select({ email: schema.users.email }).from(schema.users);
  const proxies = await db.select({ name: schema.proxies.name }).from(schema.proxies);
  return {
    graph,
    proxies: new Set(proxies.map(({ name }) => name)),
    users: new Set(users.map(({ email }) => email)),
  };
}
