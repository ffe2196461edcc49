import { schema } from '@tollgate/db';
import { asc, eq } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { idField } from '../../fields/text-fields.ts';
import { buildProblem } from '../../problems/problem.ts';
import { mapAlertDelivery } from '../alert-delivery-schema.ts';
import { eventDetailSchema, mapEvent } from './event-schemas.ts';

const { alertDeliveries, alertEvents } = schema;
/** One that fires and reminds for weeks has many. */
const DELIVERIES_MAX = 200;

/** With all that was sent, or is to be sent, about it. */
export const getEvent = adminProcedure
  .input(z.strictObject({ id: idField }))
  .output(eventDetailSchema)
  .query(async ({ ctx: { services }, input: { id } }) => {
    const [row] = await services.db.select().from(alertEvents).where(eq(alertEvents.id, id));
    if (!row) throw buildProblem('not-found', '', `no such alert event: ${id}`);
    const deliveries = await services.db
      .select()
      .from(alertDeliveries)
      .where(eq(alertDeliveries.eventId, id))
      .orderBy(asc(alertDeliveries.id))
      .limit(DELIVERIES_MAX);
    return { ...mapEvent(row), deliveries: deliveries.map(mapAlertDelivery) };
  });
