import type { Platform } from '@tollgate/core';
import { schema, type Database, type Transaction } from '@tollgate/db';
import type { AccountNode, GroupGraph, GroupNode } from './group-graph.ts';

const { accountGroups, accounts, groups } = schema;

/** The links of all groups as they are, by id. */
export async function loadGroupGraph(db: Database | Transaction): Promise<GroupGraph> {
  const groupRows = await db.select().from(groups);
  const accountRows = await db.select({ id: accounts.id, name: accounts.name }).from(accounts);
  const links = await db
    .select({ accountId: accountGroups.accountId, groupId: accountGroups.groupId })
    .from(accountGroups);
  const members = Map.groupBy(links, ({ accountId }) => accountId);
  return {
    groups: new Map(groupRows.map((row) => [row.id, buildNode(row)])),
    accounts: new Map(
      accountRows.map(({ id, name }): [string, AccountNode] => [
        id,
        { name, groups: new Set((members.get(id) ?? []).map(({ groupId }) => groupId)) },
      ]),
    ),
  };
}

function buildNode(row: typeof groups.$inferSelect): GroupNode {
  return {
    name: row.name,
    platform: row.platform as Platform,
    fallback: row.fallbackGroupId,
    invalidRequestFallback: row.invalidRequestFallbackGroupId,
    routes: row.modelRouting.map(({ pattern, accountIds }) => ({ pattern, accounts: accountIds })),
  };
}

/** The same graph with names in place of ids; what an id no longer leads to stays the id. */
export function nameGroupGraph({ groups: nodes, accounts: members }: GroupGraph): GroupGraph {
  const groupName = (id: string) => nodes.get(id)?.name ?? id;
  const accountName = (id: string) => members.get(id)?.name ?? id;
  return {
    groups: new Map(
      [...nodes.values()].map((node) => [
        node.name,
        {
          ...node,
          fallback: node.fallback && groupName(node.fallback),
          invalidRequestFallback: node.invalidRequestFallback && groupName(node.invalidRequestFallback),
          routes: node.routes.map((route) => ({ ...route, accounts: route.accounts.map(accountName) })),
        },
      ]),
    ),
    accounts: new Map(
      [...members.values()].map(({ name, groups: ids }) => [
        name,
        { name, groups: ids && new Set([...ids].map(groupName)) },
      ]),
    ),
  };
}
