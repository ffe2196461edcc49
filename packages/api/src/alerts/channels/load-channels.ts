import { schema, type Database, type Transaction } from '@tollgate/db';
import { asc, count, eq, getTableColumns, or, type SQL } from 'drizzle-orm';
import { buildProblem } from '../../problems/problem.ts';
import type { Channel, ChannelRef, ChannelRow } from './channel-schemas.ts';

const { alertChannels, alertRules } = schema;

/** A channel with what only the server may see of it. */
export interface StoredChannel {
  row: ChannelRow;
  channel: Channel;
}

/** Oldest first unless said otherwise. */
export async function loadChannels(
  db: Database | Transaction,
  where?: SQL,
  limit?: number,
  order: SQL = asc(alertChannels.id),
): Promise<StoredChannel[]> {
  const { id } = alertChannels;
  const query = db
    .select({ ...getTableColumns(alertChannels), rules: count(alertRules.id) })
    .from(alertChannels)
    .leftJoin(alertRules, or(eq(alertRules.channelId, id), eq(alertRules.fallbackChannelId, id)))
    .where(where)
    .groupBy(id)
    .orderBy(order);
  const rows = await (limit === undefined ? query : query.limit(limit));
  return rows.map(({ rules, ...row }) => ({ row, channel: mapChannel(row, rules) }));
}

/** By id or by name; throws a not-found problem. */
export async function loadChannel(db: Database | Transaction, ref: ChannelRef): Promise<StoredChannel> {
  const where = 'id' in ref ? eq(alertChannels.id, ref.id) : eq(alertChannels.name, ref.name);
  const [found] = await loadChannels(db, where, 1);
  if (!found)
    throw buildProblem('not-found', '', `no such alert channel: ${'id' in ref ? ref.id : ref.name}`);
  return found;
}

function mapChannel(row: ChannelRow, rules: number): Channel {
  const { id, name, kind, config, isEnabled } = row;
  return {
    id,
    name,
    kind,
    recipients: 'recipients' in config ? config.recipients : [],
    host: 'host' in config ? config.host : null,
    isSigned: row.sealedSecret !== null,
    isEnabled,
    rules,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}
