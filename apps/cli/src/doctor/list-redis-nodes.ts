import type { DoctorSite } from './finding.ts';
import { withRedis } from './with-redis.ts';

/** A server to look at. */
export interface RedisNode {
  url: string;
  /** `host:port`; '' = there is only one. */
  name: string;
  /** As the Cluster sees it; null = outside of a Cluster. */
  role: 'master' | 'replica' | null;
  /** True = the Cluster itself does not reach it. */
  isLost: boolean;
}

/** What REDIS_URL names, as it stands there. */
export function splitRedisUrls(redisUrl: string): string[] {
  return redisUrl
    .split(',')
    .map((url) => url.trim())
    .filter((url) => url !== '');
}

/**
 * Every node of the site's Redis: of a Cluster all that the first named node that answers knows of, replicas too; else
 * the named ones. Rejects when none of a Cluster's named nodes answers, with what is wrong with the first.
 */
export async function listRedisNodes({
  redisUrl,
  redisIsCluster,
}: Pick<DoctorSite, 'redisUrl' | 'redisIsCluster'>): Promise<RedisNode[]> {
  const urls = splitRedisUrls(redisUrl ?? '');
  if (redisIsCluster) return exploreCluster(urls);
  return urls.map((url) => ({
    url,
    name: urls.length > 1 ? new URL(url).host : '',
    role: null,
    isLost: false,
  }));
}

async function exploreCluster(urls: readonly string[]): Promise<RedisNode[]> {
  const asked = urls.map(async (url) => {
    const text = await withRedis(url, (redis) => redis.call('cluster', 'nodes'));
    return parseClusterNodes(String(text), url);
  });
  try {
    return await Promise.any(asked);
  } catch (fault) {
    throw fault instanceof AggregateError ? fault.errors[0] : fault;
  }
}

/**
 * The answer to CLUSTER NODES (https://redis.io/docs/latest/commands/cluster-nodes/): a line a node, `id
 * ip:port@bus[,hostname] flags master …`. `seedUrl`: the node that answered, with the user and password of all.
 */
export function parseClusterNodes(text: string, seedUrl: string): RedisNode[] {
  const lines = text.split('\n').map((line) => line.trim().split(' '));
  return lines.flatMap(([, address = '', flagText = '']) => {
    const flags = new Set(flagText.split(','));
    if (address === '' || flags.has('noaddr') || flags.has('handshake')) return [];
    const [place = '', hostname = ''] = address.split(',');
    const endpoint = place.split('@')[0] ?? '';
    const colon = endpoint.lastIndexOf(':');
    const url = new URL(seedUrl);
    // A node that has not been asked for by name does not know its own address yet.
    const host = hostname || endpoint.slice(0, colon) || url.hostname;
    url.hostname = host.includes(':') && !host.startsWith('[') ? `[${host}]` : host;
    url.port = endpoint.slice(colon + 1);
    const role = flags.has('master') ? 'master' : 'replica';
    return [{ url: url.href, name: url.host, role, isLost: flags.has('fail') || flags.has('fail?') }];
  });
}
