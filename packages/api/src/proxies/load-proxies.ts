import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, count, eq, getTableColumns, type SQL } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';
import type { Proxy, ProxyRef, ProxyRow } from './proxy-schemas.ts';

const { accounts, proxies } = schema;

/** A proxy with what only the server may see of it. */
export interface StoredProxy {
  sealedUrl: string;
  proxy: Proxy;
}

/** Oldest first unless said otherwise; `limit` null = all. */
export async function loadProxies(
  db: Database | Transaction,
  where: SQL | undefined,
  limit: number | null,
  order: SQL = asc(proxies.id),
): Promise<StoredProxy[]> {
  const query = db
    .select({ ...getTableColumns(proxies), used: count(accounts.id) })
    .from(proxies)
    .leftJoin(accounts, eq(accounts.proxyId, proxies.id))
    .where(where)
    .groupBy(proxies.id)
    .orderBy(order);
  const rows = await (limit === null ? query : query.limit(limit));
  return rows.map((row) => ({ sealedUrl: row.sealedUrl, proxy: mapProxy(row, row.used) }));
}

/** By id or by name; throws a not-found problem. */
export async function loadProxy(db: Database | Transaction, ref: ProxyRef): Promise<StoredProxy> {
  const where = 'id' in ref ? eq(proxies.id, ref.id) : eq(proxies.name, ref.name);
  const [found] = await loadProxies(db, where, 1);
  if (!found) throw buildProblem('not-found', '', `no such proxy: ${'id' in ref ? ref.id : ref.name}`);
  return found;
}

function mapProxy({ id, name, shown, createdAt, updatedAt }: ProxyRow, used: number): Proxy {
  return {
    id,
    name,
    url: shown,
    accounts: used,
    createdAt: createdAt.toISOString(),
    updatedAt: updatedAt.toISOString(),
  };
}
