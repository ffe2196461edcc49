import { buildProxySealContext } from '@tollgate/core';
import { openSecret, sealSecret } from '@tollgate/db';
import type { ApiServices } from '../base/context.ts';
import { buildProblem } from '../problems/problem.ts';

interface ProxyColumns {
  sealedProxyUrl: string | null;
  proxyShown: string | null;
}

/** The columns of a proxy; null = direct. Throws a problem when the outbound guard refuses the URL. */
export async function sealProxy(
  services: ApiServices,
  accountId: string,
  proxy: string | null,
): Promise<ProxyColumns> {
  if (proxy === null) return { sealedProxyUrl: null, proxyShown: null };
  const { href, shown } = await checkProxy(services, proxy);
  const sealedProxyUrl = sealSecret(href, services.secretKey, buildProxySealContext(accountId));
  return { sealedProxyUrl, proxyShown: shown };
}

/** True when the sealed one is the given one. One that no longer opens (another secret key) is not. */
export async function isSameProxy(
  services: ApiServices,
  accountId: string,
  sealed: string | null,
  proxy: string | null,
): Promise<boolean> {
  if (sealed === null || proxy === null) return sealed === proxy;
  const { href } = await checkProxy(services, proxy);
  try {
    return openSecret(sealed, services.secretKey, buildProxySealContext(accountId)) === href;
  } catch {
    return false;
  }
}

async function checkProxy(services: ApiServices, proxy: string) {
  try {
    return await services.checkProxyUrl(proxy);
  } catch (fault) {
    throw buildProblem('invalid', 'proxy', fault instanceof Error ? fault.message : 'not allowed');
  }
}
