import { ALERT_DELIVERY_KINDS, ALERT_DELIVERY_STATES } from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { z } from 'zod';

export const alertDeliverySchema = z.strictObject({
  id: z.string(),
  /** null = a test of the channel. */
  eventId: z.string().nullable(),
  kind: z.enum(ALERT_DELIVERY_KINDS),
  /** null = the channel is gone. */
  channelId: z.string().nullable(),
  channelName: z.string(),
  /** Sent there because the rule's own channel failed. */
  isFallback: z.boolean(),
  /** failed = it was given up. */
  state: z.enum(ALERT_DELIVERY_STATES),
  /** Failed ones. */
  tries: z.int(),
  /** Why the last try failed; null = none did. */
  lastError: z.string().nullable(),
  createdAt: z.string(),
  sentAt: z.string().nullable(),
});
export type AlertDelivery = z.infer<typeof alertDeliverySchema>;

export function mapAlertDelivery(row: typeof schema.alertDeliveries.$inferSelect): AlertDelivery {
  return {
    id: row.id,
    eventId: row.eventId,
    kind: row.kind,
    channelId: row.channelId,
    channelName: row.channelName,
    isFallback: row.isFallback,
    state: row.state,
    tries: row.tries,
    lastError: row.lastError,
    createdAt: row.createdAt.toISOString(),
    sentAt: row.sentAt?.toISOString() ?? null,
  };
}
