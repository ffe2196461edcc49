import { schema } from '@tollgate/db';
import { and } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../../base/procedures.ts';
import { buildAfter, buildOrder, buildSearch, orderField, searchField } from '../../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../../fields/page-fields.ts';
import { channelOutputSchema } from './channel-schemas.ts';
import { loadChannels } from './load-channels.ts';

const { alertChannels } = schema;
const inputSchema = z.strictObject({ ...pageFields, search: searchField, order: orderField });

/** Oldest first, unless asked otherwise. */
export const listChannels = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(channelOutputSchema))
  .query(async ({ ctx, input: { limit, cursor, search, order } }) => {
    const { id, name } = alertChannels;
    const where = and(buildAfter(id, order, cursor), buildSearch(name, search));
    const rows = await loadChannels(ctx.services.db, where, limit + 1, buildOrder(id, order));
    return buildPage(
      rows,
      limit,
      ({ channel }) => channel,
      ({ channel }) => channel.id,
    );
  });
