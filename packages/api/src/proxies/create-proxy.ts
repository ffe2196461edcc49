import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { proxyCreateSchema, proxyOutputSchema } from './proxy-schemas.ts';
import { insertProxy } from './write-proxy.ts';

export const createProxy = adminProcedure
  .input(proxyCreateSchema)
  .output(proxyOutputSchema)
  .mutation(({ ctx, input }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, (change) => insertProxy(change, input)),
  );
