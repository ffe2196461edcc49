import { buildProxySealContext } from '@tollgate/core';
import { openSecret } from '@tollgate/db';
import type { Account } from '../accounts/account-schemas.ts';
import { credentialFieldsOf, type Credentials } from '../accounts/credentials-schema.ts';
import { DEFAULT_BASE_URLS } from '../accounts/default-base-urls.ts';
import type { StoredAccount } from '../accounts/load-accounts.ts';
import { openCredentials, selectGivenTokenEnd } from '../accounts/seal-credentials.ts';
import type { ApiServices } from '../base/context.ts';
import { ACCOUNT_DEFAULTS } from './export-defaults.ts';
import { sortByName } from './sort-by-name.ts';
import { selectVariablePrefix } from './variable-prefix.ts';
import { buildExportEntry, type ExportEntry, type ExportOptions } from './export-entry.ts';

/** Gives accounts as files say them. `proxyNames`: proxy id → name. No two have the same variables for their secrets. */
export function createAccountExport(
  services: ApiServices,
  proxyNames: ReadonlyMap<string, string>,
  options: ExportOptions,
): (stored: StoredAccount) => ExportEntry {
  const taken = new Set<string>();
  return (stored) => {
    const { account } = stored;
    const prefix = selectVariablePrefix('TOLLGATE_ACCOUNT', account.name, taken);
    const refer = (field: string) => ({ env: `${prefix}_${field.toUpperCase()}`, optional: true });
    const opened = openCredentials(services, account.id, stored.sealedCredentials);
    const fields = listCredentialFields(account.kind, opened);
    const tokenEnd = selectGivenTokenEnd(stored, opened);
    const links: ExportEntry = {
      groups: sortByName(account.groups, ({ name }) => name).map(({ name, priority }) =>
        priority === null ? name : { name, priority },
      ),
      proxy: showProxy(services, stored) ?? refer('proxy'),
      // `error` is what the gateway has found, not what somebody wants.
      status: account.status === 'error' ? undefined : account.status,
    };
    if (stored.sealedProxyUrl === null) Object.assign(links, { proxy: null, proxy_name: null });
    const proxyName = proxyNames.get(account.proxyId ?? '');
    if (proxyName !== undefined) Object.assign(links, { proxy: undefined, proxy_name: proxyName });
    const isUsualUrl = account.baseUrl === DEFAULT_BASE_URLS[account.platform];
    const named = {
      name: account.name,
      platform: account.platform,
      kind: account.kind,
      ...(isUsualUrl && !options.full ? {} : { base_url: account.baseUrl }),
      credentials: {
        ...Object.fromEntries(fields.map((field) => [field, refer(field)])),
        ...(tokenEnd !== null && { expires_at: tokenEnd }),
      },
    };
    return buildExportEntry({ named, fields: account, defaults: ACCOUNT_DEFAULTS, links }, options);
  };
}

/** Which secrets there are; those that the kind needs when the seal does not open (another secret key). */
function listCredentialFields(kind: Account['kind'], opened: Credentials | null): readonly string[] {
  const possible = credentialFieldsOf(kind);
  return opened === null ? possible.slice(0, 1) : possible.filter((field) => field in opened);
}

/** The URL when there is nothing secret in it; null = user and password, or a seal that does not open. */
function showProxy(services: ApiServices, { account, sealedProxyUrl }: StoredAccount): string | null {
  if (sealedProxyUrl === null) return null;
  try {
    const href = openSecret(sealedProxyUrl, services.secretKey, buildProxySealContext(account.id));
    return href === account.proxy ? href : null;
  } catch {
    return null;
  }
}
