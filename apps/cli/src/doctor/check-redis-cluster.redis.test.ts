import { randomBytes } from 'node:crypto';
import { startRedisCluster, type RedisCluster } from '@tollgate/testkit';
import { afterAll, beforeAll, expect, inject, it, vi } from 'vitest';
import { checkClocks } from './check-clocks.ts';
import { checkRedis } from './check-redis.ts';
import type { Check, DoctorSite } from './finding.ts';
import { parseClusterNodes } from './list-redis-nodes.ts';
import { runChecks } from './run-checks.ts';
import { withRedis } from './with-redis.ts';

const LIMIT_MS = 10_000;
let cluster: RedisCluster;
beforeAll(async () => {
  cluster = await startRedisCluster({ hasReplicas: true });
  // A node hears of the others' roles by and by.
  await vi.waitFor(
    async () => {
      const [topology] = await look(checkRedis, cluster.urls[1]);
      expect(topology?.message).toBe('Cluster of 3 masters and 3 replicas');
    },
    { timeout: 20_000, interval: 200 },
  );
});
afterAll(() => cluster.stop());

const NOWHERE: DoctorSite = {
  databaseUrl: null,
  redisUrl: null,
  redisIsCluster: true,
  dataDir: '/nowhere',
  journalDir: '/nowhere',
  journalBytesMax: 1,
  secretKeyText: randomBytes(32).toString('base64'),
  secretKeyFile: '/nowhere',
  outboundAllow: [],
  gateway: { host: '127.0.0.1', port: 0 },
  control: { host: '127.0.0.1', port: 0 },
  config: null,
};
const look = (check: Check, redisUrl: string, redisIsCluster = true) =>
  runChecks([check], { ...NOWHERE, redisUrl, redisIsCluster }, { limitMs: LIMIT_MS });
const failures = async (redisUrl: string, redisIsCluster = true) =>
  (await look(checkRedis, redisUrl, redisIsCluster))
    .filter(({ level }) => level === 'failure')
    .map(({ message, mend }) => `${message} → ${mend}`);
const nameOf = (url: string) => new URL(url).host;
const members = () => [...cluster.nodes, ...cluster.replicas].map(({ url }) => nameOf(url)).toSorted();

it('[CTL-5] looks at every node of a Cluster, replicas too, whichever of them is named', async () => {
  const findings = await look(checkRedis, cluster.urls[1]);
  expect(findings.filter(({ level }) => level === 'failure')).toEqual([]);
  expect(findings[0]?.message).toBe('Cluster of 3 masters and 3 replicas');
  for (const pattern of [
    /^(Redis|Valkey) \d/,
    /^maxmemory-policy noeviction$/,
    /^no append-only/,
    /^messages arrive/,
  ]) {
    const seen = findings.flatMap(({ message }) => {
      const [name = '', text = ''] = message.split(': ', 2);
      return pattern.test(text) ? [name] : [];
    });
    expect(seen.toSorted()).toEqual(members());
  }
  const clocks = await look(checkClocks, cluster.urls[0]);
  expect(clocks.map(({ message }) => message.split(' ')[1]).toSorted()).toEqual(members());
});

it('[CTL-5] one node that drops keys is found, though the first named one does not', async () => {
  const [, , third] = cluster.urls;
  await withRedis(third, (redis) => redis.config('SET', 'maxmemory-policy', 'allkeys-lru'));
  expect(await failures(cluster.urls.join(', '))).toEqual([
    expect.stringMatching(new RegExp(`^${nameOf(third)}: maxmemory-policy is allkeys-lru → .*noeviction`)),
  ]);
  await withRedis(third, (redis) => redis.config('SET', 'maxmemory-policy', 'noeviction'));
});

it('[CTL-5] a Cluster that is not said to be one, one server that is, and a list that is none', async () => {
  expect(await failures(cluster.urls[0], false)).toEqual([
    'this server is a node of a Cluster → set TOLLGATE_REDIS_CLUSTER=true',
  ]);
  expect(await failures(inject('redisUrl'))).toEqual([
    expect.stringMatching(/cluster support disabled → unset TOLLGATE_REDIS_CLUSTER/),
  ]);
  expect(await failures(`${inject('redisUrl')},redis://127.0.0.1:1`, false)).toEqual([
    expect.stringMatching(/^REDIS_URL names 2 servers → /),
    expect.stringMatching(/^127\.0\.0\.1:1: .*refused.* → start Redis/),
  ]);
  expect(await failures('redis://127.0.0.1:1')).toEqual([expect.stringMatching(/refused.* → start Redis/)]);
});

it('[CTL-5] a node that is gone is named, by those that are left', async () => {
  const [first, second] = cluster.nodes;
  await first.stop();
  const gone = nameOf(first.url);
  const found = await failures(`${first.url},${second.url}`);
  expect(found).toContainEqual(expect.stringMatching(new RegExp(`^${gone}: .*refused.* → start Redis`)));
});

it('[CTL-5] reads addresses as nodes give them: names, v6, one that does not know its own, and strangers', () => {
  const text = [
    'a 10.0.0.1:7000@17000,redis-1.example.com myself,master - 0 0 1 connected 0-5460',
    'b ::1:7001@17001 slave a 0 0 1 connected',
    'c :7002@17002 master,fail? - 0 0 2 disconnected',
    'd :0@0 master,noaddr - 0 0 0 disconnected',
    'e 10.0.0.5:7005@17005 handshake - 0 0 0 connected',
    '',
  ].join('\n');
  const nodes = parseClusterNodes(text, 'rediss://ann:secret@seed.example.com:6379');
  expect(nodes).toEqual([
    {
      url: 'rediss://ann:secret@redis-1.example.com:7000',
      name: 'redis-1.example.com:7000',
      role: 'master',
      isLost: false,
    },
    { url: 'rediss://ann:secret@[::1]:7001', name: '[::1]:7001', role: 'replica', isLost: false },
    {
      url: 'rediss://ann:secret@seed.example.com:7002',
      name: 'seed.example.com:7002',
      role: 'master',
      isLost: true,
    },
  ]);
});
