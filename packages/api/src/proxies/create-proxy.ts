import { schema } from '@tollgate/db';
import { checkProxy, sealProxyUrl } from '../accounts/seal-proxy.ts';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { loadProxy } from './load-proxies.ts';
import { proxyCreateSchema, proxyOutputSchema } from './proxy-schemas.ts';

/** User and password go in sealed and never come out. */
export const createProxy = adminProcedure
  .input(proxyCreateSchema)
  .output(proxyOutputSchema)
  .mutation(({ ctx, input: { name, url } }) =>
    runChange({ services: ctx.services, actor: ctx.admin.id }, async (change) => {
      const id = change.createId('proxy');
      const { href, shown } = await checkProxy(change.services, url, 'url');
      await change.tx.insert(schema.proxies).values({
        id,
        name,
        shown,
        sealedUrl: sealProxyUrl(change.services, id, href),
        createdAt: change.now,
        updatedAt: change.now,
      });
      change.audit('proxy.create', id, { name, url: shown });
      return (await loadProxy(change.tx, { id })).proxy;
    }),
  );
