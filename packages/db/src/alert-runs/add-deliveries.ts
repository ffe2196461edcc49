import { createId } from '@tollgate/core';
import type postgres from 'postgres';
import type { ClaimedRule } from './claim-rules.ts';

interface Channel {
  id: string;
  name: string;
}

/** Through the rule's channel, or its fallback where that alone is there and enabled; through none, if none is. */
export async function addFiringDelivery(
  tx: postgres.TransactionSql,
  nowMs: number,
  { channelId, fallbackChannelId }: Pick<ClaimedRule, 'channelId' | 'fallbackChannelId'>,
  eventId: string,
): Promise<void> {
  const ids = [channelId, fallbackChannelId].filter((id) => id !== null);
  const channels = await tx<Channel[]>`
    select id, name from alert_channels where id = any(${ids}::text[]) and is_enabled for key share`;
  const channel = channels.find(({ id }) => id === channelId) ?? channels[0];
  if (channel === undefined) return;
  const isFallback = channel.id !== channelId;
  await insertDelivery(tx, nowMs, { eventId, kind: 'firing', channel, isFallback });
}

/** To those who hear, or will hear, that it fires. */
export async function addResolvedDeliveries(
  tx: postgres.TransactionSql,
  nowMs: number,
  eventId: string,
): Promise<void> {
  const heard = await tx<(Channel & { isFallback: boolean })[]>`
    select c.id, c.name, bool_and(d.is_fallback) as "isFallback"
    from alert_deliveries d join alert_channels c on c.id = d.channel_id
    where d.event_id = ${eventId} and d.kind = 'firing' and d.state in ('waiting', 'sent') and c.is_enabled
    group by c.id, c.name order by c.id`;
  for (const { isFallback, ...channel } of heard) {
    await insertDelivery(tx, nowMs, { eventId, kind: 'resolved', channel, isFallback });
  }
}

export async function insertDelivery(
  tx: postgres.TransactionSql,
  nowMs: number,
  delivery: { eventId: string; kind: 'firing' | 'resolved'; channel: Channel; isFallback: boolean },
): Promise<void> {
  const { eventId, kind, channel, isFallback } = delivery;
  await tx`
    insert into alert_deliveries (id, event_id, kind, channel_id, channel_name, is_fallback)
    values (${createId('alertDelivery', nowMs)}, ${eventId}, ${kind}, ${channel.id}, ${channel.name}, ${isFallback})`;
}
