import { schema } from '@tollgate/db';
import { and } from 'drizzle-orm';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildAfter, buildOrder, buildSearch, orderField, searchField } from '../fields/order-fields.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { loadProxies } from './load-proxies.ts';
import { proxyOutputSchema } from './proxy-schemas.ts';

const { proxies } = schema;
const inputSchema = z.strictObject({ ...pageFields, search: searchField, order: orderField });

/** Oldest first, unless asked otherwise. */
export const listProxies = adminProcedure
  .input(inputSchema.prefault({}))
  .output(buildPageSchema(proxyOutputSchema))
  .query(async ({ ctx, input: { limit, cursor, search, order } }) => {
    const where = and(buildAfter(proxies.id, order, cursor), buildSearch(proxies.name, search));
    const rows = await loadProxies(ctx.services.db, where, limit + 1, buildOrder(proxies.id, order));
    return buildPage(
      rows,
      limit,
      ({ proxy }) => proxy,
      ({ proxy }) => proxy.id,
    );
  });
