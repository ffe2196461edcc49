import { router } from '../base/procedures.ts';
import { createProxy } from './create-proxy.ts';
import { deleteProxy } from './delete-proxy.ts';
import { getProxy } from './get-proxy.ts';
import { listProxies } from './list-proxies.ts';
import { updateProxy } from './update-proxy.ts';

export const proxiesRouter = router({
  list: listProxies,
  get: getProxy,
  create: createProxy,
  update: updateProxy,
  delete: deleteProxy,
});
