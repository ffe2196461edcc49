import { schema } from '@tollgate/db';
import { and, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { runChange, type Change } from '../../change/run-change.ts';
import { idField } from '../../fields/text-fields.ts';
import { alertDeliverySchema, mapAlertDelivery } from '../alert-delivery-schema.ts';
import { loadChannel } from './load-channels.ts';

const { alertDeliveries } = schema;

/**
 * Puts a test message in line, as alerts are, and gives it; what became of it says `listDeliveries`. While one waits
 * already, that one: a channel that gives no answer is not flooded. A disabled channel may be tested.
 */
export const testChannel = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(alertDeliverySchema)
  .mutation(({ ctx, input: { id } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const { channel } = await loadChannel(change.tx, { id });
      const row = (await findWaiting(change, id)) ?? (await insertTest(change, id, channel.name));
      return mapAlertDelivery(row);
    }),
  );

async function findWaiting({ tx }: Change, channelId: string) {
  const { kind, state } = alertDeliveries;
  const [row] = await tx
    .select()
    .from(alertDeliveries)
    .where(and(eq(alertDeliveries.channelId, channelId), eq(kind, 'test'), eq(state, 'waiting')));
  return row;
}

async function insertTest(change: Change, channelId: string, channelName: string) {
  const [row] = await change.tx
    .insert(alertDeliveries)
    .values({
      id: change.createId('alertDelivery'),
      kind: 'test',
      channelId,
      channelName,
      nextTryAt: change.now,
      createdAt: change.now,
    })
    .returning();
  if (!row) throw new Error('the insert gave no row');
  change.audit('alert-channel.test', channelId, { name: channelName });
  return row;
}
