import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { idField } from '../fields/text-fields.ts';
import { loadProxy } from './load-proxies.ts';
import { proxyOutputSchema, proxyPatchSchema } from './proxy-schemas.ts';
import { updateProxy as writeProxy } from './write-proxy.ts';

/** Only the given fields change. */
export const updateProxy = adminProcedure
  .input(proxyPatchSchema.safeExtend({ id: idField }))
  .output(proxyOutputSchema)
  .mutation(({ ctx, input: { id, ...patch } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) =>
      writeProxy(change, await loadProxy(change.tx, { id }), patch),
    ),
  );
