import { DEFAULT_BASE_URLS, inspectConfig } from '@tollgate/api/server';
import type { DoctorSite } from './finding.ts';

export interface Upstream {
  url: string;
  proxyUrl: string | null;
  /** One of those that are there. */
  account: string;
}

/** Those that the file names; a file that cannot be read is told by its own check. */
export function listConfiguredUpstreams(config: DoctorSite['config']): Upstream[] {
  if (config === null || 'problem' in config) return [];
  try {
    const { accounts, proxies } = inspectConfig(config.text).config;
    const named = new Map(proxies.map(({ name, url }) => [name, url]));
    return accounts.flatMap(({ base_url: url, platform, proxy, proxy_name: proxyName, name }) => {
      const through = typeof proxyName === 'string' ? named.get(proxyName) : (proxy ?? null);
      // Its URL is in the database alone: the accounts that are there have a look of their own.
      if (through === undefined) return [];
      return [{ url: url ?? DEFAULT_BASE_URLS[platform], proxyUrl: through, account: name }];
    });
  } catch {
    return [];
  }
}
