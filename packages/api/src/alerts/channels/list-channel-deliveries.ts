import { schema } from '@tollgate/db';
import { and, desc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { buildAfter } from '../../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { idField } from '../../fields/text-fields.ts';
import { alertDeliverySchema, mapAlertDelivery } from '../alert-delivery-schema.ts';

const { alertDeliveries } = schema;

/** What went, or is to go, through one channel, newest first. */
export const listChannelDeliveries = adminProcedure
  .input(z.strictObject({ ...pageFields, id: idField }))
  .output(buildPageSchema(alertDeliverySchema))
  .query(async ({ ctx, input: { id, limit, cursor } }) => {
    const rows = await ctx.services.db
      .select()
      .from(alertDeliveries)
      .where(and(eq(alertDeliveries.channelId, id), buildAfter(alertDeliveries.id, 'newest', cursor)))
      .orderBy(desc(alertDeliveries.id))
      .limit(limit + 1);
    return buildPage(rows, limit, mapAlertDelivery, (row) => row.id);
  });
