import { randomUUID } from 'node:crypto';
import { performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Redis } from 'ioredis';
import { describeFailure } from '../describe-failure.ts';
import { failure, ok, warning, type Check, type DoctorSite, type Look } from './finding.ts';
import { listRedisNodes, type RedisNode } from './list-redis-nodes.ts';
import { withRedis } from './with-redis.ts';

const MAJOR_MIN = 6;
const PINGS = 5;
/** Two round trips belong to each request. */
const PING_MS_MAX = 5;
const MESSAGE_WAIT_MS = 2_000;

/** Redis, each of its nodes: there, new enough, near, keeps what it is given, and carries messages. */
export const checkRedis: Check = {
  name: 'redis',
  run: async (site: DoctorSite) => {
    if (site.redisUrl === null)
      return [ok('in this process: REDIS_URL is not set, so `up` keeps its own state')];
    try {
      const nodes = await listRedisNodes(site);
      const looks = await Promise.all(nodes.map((node) => lookAtNode(node, nodes)));
      return [...lookAtTopology(site, nodes), ...looks.flat()];
    } catch (fault) {
      return [describeFault(fault)];
    }
  },
};

function describeFault(fault: unknown): Look {
  const text = describeFailure(fault);
  return failure(text, selectMend(text));
}

/** What can be said of the nodes together. */
function lookAtTopology({ redisIsCluster }: DoctorSite, nodes: readonly RedisNode[]): Look[] {
  if (!redisIsCluster) {
    if (nodes.length === 1) return [];
    const mend = 'set TOLLGATE_REDIS_CLUSTER=true if they are nodes of a Cluster, else name one server';
    return [failure(`REDIS_URL names ${nodes.length} servers`, mend)];
  }
  const masters = nodes.filter(({ role }) => role === 'master').length;
  return [ok(`Cluster of ${masters} masters and ${nodes.length - masters} replicas`)];
}

/** Each finding begins with the node's name, where there is more than one. */
async function lookAtNode(node: RedisNode, nodes: readonly RedisNode[]): Promise<Look[]> {
  const name = node.name === '' ? '' : `${node.name}: `;
  const looks = await withRedis(node.url, (redis) => look(redis, node, nodes)).catch((fault: unknown) => [
    describeFault(fault),
  ]);
  if (node.isLost) {
    looks.push(failure('the Cluster does not reach it', 'look at this node and the bus between the nodes'));
  }
  return looks.map((one) => Object.assign(one, { message: `${name}${one.message}` }));
}

function selectMend(text: string): string {
  if (/WRONGPASS|NOAUTH|invalid.*password/i.test(text)) return 'mend user and password in REDIS_URL';
  if (/cluster support disabled/i.test(text)) return 'unset TOLLGATE_REDIS_CLUSTER: this is one server';
  if (/NOPERM/.test(text)) return 'the user of REDIS_URL needs all commands (ACL SETUSER … +@all ~* &*)';
  return 'start Redis, or mend host and port in REDIS_URL';
}

async function look(redis: Redis, node: RedisNode, nodes: readonly RedisNode[]): Promise<Look[]> {
  const info = parseInfo(await redis.info());
  const version = info.get('valkey_version') ?? info.get('redis_version') ?? '?';
  return [
    Number(version.split('.')[0]) >= MAJOR_MIN
      ? ok(`${info.has('valkey_version') ? 'Valkey' : 'Redis'} ${version}`)
      : failure(`Redis ${version} is too old: ${MAJOR_MIN}.0 is needed`, 'upgrade Redis'),
    ...lookAtRole(info),
    ...(await lookAtCluster(redis, info, node)),
    lookAtEviction(info),
    lookAtPersistence(info),
    await lookAtLatency(redis),
    await lookAtMessages(redis, selectListener(node, nodes)),
  ];
}

function lookAtRole(info: ReadonlyMap<string, string>): Look[] {
  // Replicas belong to a Cluster: it writes to their masters.
  if (info.get('role') !== 'slave' || info.get('cluster_enabled') === '1') return [];
  return [failure('this server is a replica: nothing can be written', 'point REDIS_URL at the primary')];
}

/** Whether it serves, as its own node of the Cluster sees it. */
async function lookAtCluster(
  redis: Redis,
  info: ReadonlyMap<string, string>,
  { role }: RedisNode,
): Promise<Look[]> {
  if (info.get('cluster_enabled') !== '1') return [];
  if (role === null)
    return [failure('this server is a node of a Cluster', 'set TOLLGATE_REDIS_CLUSTER=true')];
  const state = parseInfo(String(await redis.call('cluster', 'info'))).get('cluster_state');
  if (state === 'ok') return [];
  const mend = 'see `redis-cli --cluster check`: a slot without a master, or most masters out of reach';
  return [failure(`the Cluster does not serve (cluster_state ${state})`, mend)];
}

/** Messages go to all nodes of a Cluster: what one sends, the next one must hear. */
function selectListener(node: RedisNode, nodes: readonly RedisNode[]): string {
  if (node.role === null) return node.url;
  return (nodes[nodes.indexOf(node) + 1] ?? nodes[0] ?? node).url;
}

function lookAtEviction(info: ReadonlyMap<string, string>): Look {
  const policy = info.get('maxmemory_policy') ?? '?';
  if (policy === 'noeviction') return ok('maxmemory-policy noeviction');
  const mend =
    'config set maxmemory-policy noeviction (and in redis.conf): a Redis that drops keys when it is full forgets limits and holds';
  return failure(`maxmemory-policy is ${policy}`, mend);
}

/** What is in Redis can be rebuilt: without a copy on disk a restart begins new windows, and loses nothing for good. */
function lookAtPersistence(info: ReadonlyMap<string, string>): Look {
  if (info.get('rdb_last_bgsave_status') === 'err' || info.get('aof_last_write_status') === 'err') {
    const mend = 'look at the disk of Redis: while it cannot save it may refuse writes';
    return failure('the last copy to disk has failed', mend);
  }
  if (info.get('aof_enabled') === '1') return ok('append-only file on');
  const mend =
    'config set appendonly yes (and in redis.conf), if windows and sessions are to outlive a restart';
  return warning('no append-only file: a restart of Redis begins new windows', mend);
}

async function lookAtLatency(redis: Redis): Promise<Look> {
  const times: number[] = [];
  for (let ping = 0; ping < PINGS; ping += 1) {
    const start = performance.now();
    await redis.ping();
    times.push(performance.now() - start);
  }
  const median = times.toSorted((a, b) => a - b)[Math.floor(PINGS / 2)] ?? 0;
  const shown = `round trip ${median.toFixed(1)} ms`;
  if (median <= PING_MS_MAX) return ok(shown);
  return warning(shown, 'put Redis nearer to the gateways: each request waits for it twice');
}

/** Invalidations travel as messages (AUTH-6): some proxies in front of Redis do not carry them. */
async function lookAtMessages(redis: Redis, listenerUrl: string): Promise<Look> {
  const channel = `tollgate:doctor:${randomUUID()}`;
  const isHeard = await withRedis(listenerUrl, async (listener) => {
    const timer = new AbortController();
    const heard = new Promise<boolean>((resolve) => listener.once('message', () => resolve(true)));
    await listener.subscribe(channel);
    await redis.publish(channel, 'hello');
    const late = sleep(MESSAGE_WAIT_MS, false, { signal: timer.signal }).catch(() => false);
    return Promise.race([heard, late]).finally(() => timer.abort());
    // That it cannot be reached is a finding of its own.
  }).catch(() => false);
  if (isHeard) return ok('messages arrive (pub/sub)');
  const mend =
    'connect to Redis itself, without a proxy that drops pub/sub: changes would take seconds to be in force';
  return failure('a message that was published did not arrive', mend);
}

function parseInfo(text: string): ReadonlyMap<string, string> {
  const pairs = text.split('\r\n').filter((line) => line.includes(':') && !line.startsWith('#'));
  return new Map(
    pairs.map((line) => [line.slice(0, line.indexOf(':')), line.slice(line.indexOf(':') + 1)] as const),
  );
}
