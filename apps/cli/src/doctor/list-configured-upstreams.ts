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
    return inspectConfig(config.text).config.accounts.map(({ base_url: url, platform, proxy, name }) => ({
      url: url ?? DEFAULT_BASE_URLS[platform],
      proxyUrl: proxy ?? null,
      account: name,
    }));
  } catch {
    return [];
  }
}
