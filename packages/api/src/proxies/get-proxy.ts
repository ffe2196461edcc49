import { adminProcedure } from '../base/procedures.ts';
import { loadProxy } from './load-proxies.ts';
import { proxyOutputSchema, proxyRefSchema } from './proxy-schemas.ts';

/** By id or by name. */
export const getProxy = adminProcedure
  .input(proxyRefSchema)
  .output(proxyOutputSchema)
  .query(async ({ ctx, input }) => (await loadProxy(ctx.services.db, input)).proxy);
