import { createHash } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import { findFreePort } from './free-port.ts';
import { startRedisServer, type RedisServer } from './redis-server.ts';

export interface RedisCluster {
  urls: readonly [string, string, string];
  /** The masters. */
  nodes: readonly [RedisServer, RedisServer, RedisServer];
  /** One for each master, in their order; empty unless asked for. */
  replicas: readonly RedisServer[];
  stop(): Promise<void>;
}

const SLOTS = 16_384;
const MASTERS = 3;
/** Where the cluster's own bus listens, relative to a node's port. */
const BUS_OFFSET = 10_000;

/** Starts a real Redis Cluster of three masters on free loopback ports, without persistence; with replicas if asked. */
export async function startRedisCluster(options: { hasReplicas?: boolean } = {}): Promise<RedisCluster> {
  const nodes = [await startMember(), await startMember(), await startMember()] as const;
  const replicas = options.hasReplicas ? await Promise.all(nodes.map(() => startMember())) : [];
  const members = [...nodes, ...replicas];
  const clients = members.map(({ url }) => new Redis(url));
  try {
    await joinMembers(members, clients);
    await waitUntilAgreed(clients);
    if (replicas.length > 0) {
      await attachReplicas(clients.slice(0, nodes.length), clients.slice(nodes.length));
      await waitUntilAgreed(clients);
    }
  } finally {
    for (const client of clients) client.disconnect();
  }
  const [one, two, three] = nodes;
  return {
    urls: [one.url, two.url, three.url],
    nodes,
    replicas,
    stop: async () => void (await Promise.all(members.map((member) => member.stop()))),
  };
}

async function startMember(): Promise<RedisServer> {
  const port = await findFreePort(BUS_OFFSET);
  const args = ['--cluster-enabled', 'yes', '--cluster-node-timeout', '2000'];
  // Replicas get their copy at once, and may follow their master however old it is.
  args.push('--repl-diskless-sync-delay', '0', '--cluster-replica-validity-factor', '0');
  return startRedisServer({ port, args });
}

/** The first members share the slots. */
async function joinMembers(members: readonly RedisServer[], clients: readonly Redis[]): Promise<void> {
  const share = Math.ceil(SLOTS / MASTERS);
  for (const [index, client] of clients.slice(0, MASTERS).entries()) {
    const last = Math.min(SLOTS, (index + 1) * share) - 1;
    await client.call('cluster', 'addslotsrange', index * share, last);
    await client.call('cluster', 'set-config-epoch', index + 1);
  }
  const [first, ...others] = clients;
  for (const index of others.keys())
    await first?.call('cluster', 'meet', '127.0.0.1', members[index + 1]?.port ?? 0);
}

/** Until each replica has a whole copy of its master. */
async function attachReplicas(masters: readonly Redis[], replicas: readonly Redis[]): Promise<void> {
  for (const [index, replica] of replicas.entries()) {
    const masterId = String(await masters[index]?.call('cluster', 'myid'));
    await waitFor('a replica to know its master', async () => {
      const known = String(await replica.call('cluster', 'nodes'));
      return known.includes(masterId);
    });
    await replica.call('cluster', 'replicate', masterId);
  }
  await waitFor('the replicas to have a copy', async () => {
    const infos = await Promise.all(replicas.map((replica) => replica.info('replication')));
    return infos.every((info) => info.includes('master_link_status:up'));
  });
}

/** Every node knows all three, and that every slot is served. */
async function waitUntilAgreed(clients: readonly Redis[]): Promise<void> {
  await waitFor('the Redis Cluster to come up', async () => {
    const views = await Promise.all(clients.map(readView));
    return new Set(views).size === 1 && views[0] !== null;
  });
}

async function waitFor(what: string, isThere: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 200; tries += 1) {
    if (await isThere()) return;
    await sleep(50);
  }
  throw new Error(`waited for 10 s in vain for ${what}`);
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
