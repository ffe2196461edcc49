import { buildProxySealContext } from '@tollgate/core';
import { openSecret, parseSecretKey, schema } from '@tollgate/db';
import { createOutboundPolicy, GuardedRequestError, sendGuardedRequest } from '@tollgate/outbound';
import { readFileSync } from 'node:fs';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';
import { listConfiguredUpstreams, type Upstream } from './list-configured-upstreams.ts';
import { withDatabase } from './with-database.ts';

const UPSTREAMS_MAX = 50;
const ASK_MS = 5_000;
const ANSWER_BYTES_MAX = 4 * 1_048_576;

/** The base URLs of all accounts, each once, as the gateway would reach them: guarded, through their proxies. */
export const checkUpstreams: Check = {
  name: 'upstreams',
  run: async (site: DoctorSite) => {
    const stored = await listStored(site).catch(() => null);
    const all = [...(stored ?? []), ...listConfiguredUpstreams(site.config)];
    const distinct = [...new Map(all.map((one) => [`${one.url} ${one.proxyUrl ?? ''}`, one])).values()];
    const unseen = tellUnseen(site, stored);
    if (distinct.length === 0) return unseen.length > 0 ? unseen : [ok('no accounts yet')];
    const policy = createOutboundPolicy({ allow: site.outboundAllow });
    const looks = await Promise.all(distinct.slice(0, UPSTREAMS_MAX).map((one) => lookAt(policy, one)));
    if (distinct.length <= UPSTREAMS_MAX) return [...looks, ...unseen];
    const rest = `${distinct.length - UPSTREAMS_MAX} more were not asked`;
    return [...looks, ...unseen, warning(rest, 'ask for them one by one: `tollgate account states`')];
  },
};

/** Accounts that there may be and nobody has looked at. */
function tellUnseen({ databaseUrl }: DoctorSite, stored: readonly Upstream[] | null): Look[] {
  if (databaseUrl === null) {
    return [ok('accounts of the embedded database are not looked at: `tollgate account test` asks them')];
  }
  if (stored !== null) return [];
  return [warning('the accounts in the database could not be read', 'mend the database first')];
}

/** Any answer will do: without a key an API says 401 or 404. */
async function lookAt(policy: ReturnType<typeof createOutboundPolicy>, upstream: Upstream): Promise<Look> {
  const { url, proxyUrl, account } = upstream;
  const way = `${url}${proxyUrl === null ? '' : ' through its proxy'} (account ${account})`;
  try {
    const request = { method: 'GET', url, headers: {}, body: null, proxyUrl } as const;
    const limits = { timeoutMs: ASK_MS, answerBytesMax: ANSWER_BYTES_MAX };
    const { status } = await sendGuardedRequest(policy, { ...request, ...limits });
    return ok(`${way} answers (${status})`);
  } catch (fault) {
    const text = fault instanceof GuardedRequestError ? fault.message : 'no answer';
    return failure(`${way}: ${text}`, selectMend(text, proxyUrl !== null));
  }
}

function selectMend(text: string, hasProxy: boolean): string {
  if (/forbidden|refused: /i.test(text)) {
    return 'mend base_url, or list its private address in TOLLGATE_OUTBOUND_ALLOW';
  }
  if (/CERT|SELF_SIGNED|ALTNAME/i.test(text))
    return 'mend the certificate: NODE_EXTRA_CA_CERTS names a private authority';
  if (/ENOTFOUND|EAI_AGAIN/.test(text)) return 'mend the host name in base_url, or the DNS of this machine';
  return `let this machine out to it (firewall, routes)${hasProxy ? ', and see that the proxy runs' : ''}`;
}

async function listStored({ databaseUrl, ...site }: DoctorSite): Promise<Upstream[]> {
  if (databaseUrl === null) return [];
  const { accounts } = schema;
  const { id, name, baseUrl, sealedProxyUrl, status } = accounts;
  const columns = { id, name, baseUrl, sealedProxyUrl, status };
  const rows = await withDatabase(databaseUrl, (db) => db.select(columns).from(accounts));
  return rows
    .filter((row) => row.status !== 'disabled')
    .flatMap((row): Upstream[] => {
      if (row.sealedProxyUrl === null) return [{ url: row.baseUrl, proxyUrl: null, account: row.name }];
      const proxyUrl = openProxy(site, row.id, row.sealedProxyUrl);
      // That the key is another one is told by its own check.
      return proxyUrl === null ? [] : [{ url: row.baseUrl, proxyUrl, account: row.name }];
    });
}

function openProxy(
  { secretKeyText, secretKeyFile }: Pick<DoctorSite, 'secretKeyText' | 'secretKeyFile'>,
  accountId: string,
  sealed: string,
): string | null {
  try {
    const key = parseSecretKey(secretKeyText ?? readFileSync(secretKeyFile, 'utf8').trim());
    return openSecret(sealed, key, buildProxySealContext(accountId));
  } catch {
    return null;
  }
}
