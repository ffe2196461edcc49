import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findFreePort } from './free-port.ts';
import { startRedisServer, type RedisServer } from './redis-server.ts';

export interface RedisCluster {
  urls: readonly [string, string, string];
  nodes: readonly [RedisServer, RedisServer, RedisServer];
  stop(): Promise<void>;
}

const SLOTS = 16_384;
/** Where the cluster's own bus listens, relative to a node's port; ports end at 65535. */
const BUS_OFFSET = 10_000;
const PORT_MAX = 65_535 - BUS_OFFSET;

/** Starts a real Redis Cluster of three masters on free loopback ports, without persistence. */
export async function startRedisCluster(): Promise<RedisCluster> {
  const nodes = [await startMember(), await startMember(), await startMember()] as const;
  const clients = nodes.map(({ url }) => new Redis(url));
  try {
    await joinMembers(nodes, clients);
    await waitUntilAgreed(clients);
  } finally {
    for (const client of clients) client.disconnect();
  }
  const [one, two, three] = nodes;
  return {
    urls: [one.url, two.url, three.url],
    nodes,
    stop: async () => void (await Promise.all(nodes.map((node) => node.stop()))),
  };
}

async function startMember(): Promise<RedisServer> {
  let port = await findFreePort();
  while (port > PORT_MAX) port = await findFreePort();
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  return startRedisServer({ port, args });
}

async function joinMembers(nodes: readonly RedisServer[], clients: readonly Redis[]): Promise<void> {
  const share = Math.ceil(SLOTS / nodes.length);
  for (const [index, client] of clients.entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await client.call('cluster', 'addslotsrange', index * share, last);
    await client.call('cluster', 'set-config-epoch', index + 1);
  }
  const [first, ...others] = clients;
  for (const index of others.keys())
    await first?.call('cluster', 'meet', '127.0.0.1', nodes[index + 1]?.port ?? 0);
}

/** Every node knows all three, and that every slot is served. */
async function waitUntilAgreed(clients: readonly Redis[]): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    const views = await Promise.all(clients.map(readView));
    if (new Set(views).size === 1 && views[0] !== null) return;
    await sleep(50);
  }
  throw new Error('the Redis Cluster did not come up within 10 s');
}

async function readView(client: Redis): Promise<string | null> {
  const info = String(await client.call('cluster', 'info'));
  if (!info.includes('cluster_state:ok') || !info.includes('cluster_size:3')) return null;
  const slots = JSON.stringify(await client.call('cluster', 'slots'));
  return createHash('sha1').update(sortText(slots)).digest('hex');
}

/** The nodes list the same slots in an order of their own. */
function sortText(text: string): string {
  return [...text].toSorted().join('');
}
