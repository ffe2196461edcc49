import { buildProxySealContext } from '@tollgate/core';
import { openSecret, schema, sealSecret, type Transaction } from '@tollgate/db';
import { eq } from 'drizzle-orm';
import type { ApiServices } from '../base/context.ts';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';

interface ProxyColumns {
  sealedProxyUrl: string | null;
  proxyShown: string | null;
  proxyId: string | null;
}

const DIRECT: ProxyColumns = { sealedProxyUrl: null, proxyShown: null, proxyId: null };

/** What an account may say of its proxy: a URL of its own, or a named one. */
export interface ProxyChoice {
  proxy?: string | null | undefined;
  proxyId?: string | null | undefined;
}

/** A URL and a name at once contradict each other. */
export function requireOneProxy({ proxy, proxyId }: ProxyChoice): void {
  if (typeof proxy !== 'string' || typeof proxyId !== 'string') return;
  throw buildProblem('invalid', 'proxyId', 'there is a URL as well: give one of them');
}

/** The columns of what was chosen; null = nothing was said. */
export async function buildProxyColumns(
  { tx, services }: Change,
  accountId: string,
  { proxy, proxyId }: ProxyChoice,
): Promise<ProxyColumns | null> {
  if (typeof proxyId === 'string') return copyNamedProxy(tx, services, accountId, proxyId);
  if (proxy !== undefined) return sealProxy(services, accountId, proxy);
  return proxyId === null ? DIRECT : null;
}

async function copyNamedProxy(
  tx: Transaction,
  services: ApiServices,
  accountId: string,
  proxyId: string,
): Promise<ProxyColumns> {
  const [row] = await tx.select().from(schema.proxies).where(eq(schema.proxies.id, proxyId));
  if (!row) throw buildProblem('not-found', 'proxyId', `no such proxy: ${proxyId}`);
  const href = openSecret(row.sealedUrl, services.secretKey, buildProxySealContext(proxyId));
  return { sealedProxyUrl: sealProxyUrl(services, accountId, href), proxyShown: row.shown, proxyId };
}

/** `ownerId`: of the account or of the named proxy; a sealed text that is moved elsewhere does not open. */
export function sealProxyUrl({ secretKey }: ApiServices, ownerId: string, href: string): string {
  return sealSecret(href, secretKey, buildProxySealContext(ownerId));
}

/** The columns of a proxy; null = direct. Throws a problem when the outbound guard refuses the URL. */
async function sealProxy(
  services: ApiServices,
  accountId: string,
  proxy: string | null,
): Promise<ProxyColumns> {
  if (proxy === null) return DIRECT;
  const { href, shown } = await checkProxy(services, proxy);
  return { sealedProxyUrl: sealProxyUrl(services, accountId, href), proxyShown: shown, proxyId: null };
}

/** True when the sealed one is the given one. One that no longer opens (another secret key) is not. */
export async function isSameProxy(
  services: ApiServices,
  accountId: string,
  sealed: string | null,
  proxy: string | null,
  field = 'proxy',
): Promise<boolean> {
  if (sealed === null || proxy === null) return sealed === proxy;
  const { href } = await checkProxy(services, proxy, field);
  try {
    return openSecret(sealed, services.secretKey, buildProxySealContext(accountId)) === href;
  } catch {
    return false;
  }
}

export async function checkProxy(services: ApiServices, proxy: string, field = 'proxy') {
  try {
    return await services.checkProxyUrl(proxy);
  } catch (fault) {
    throw buildProblem('invalid', field, fault instanceof Error ? fault.message : 'not allowed');
  }
}
