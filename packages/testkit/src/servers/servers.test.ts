import { Redis } from 'ioredis';
import postgres from 'postgres';
import { expect, inject, it } from 'vitest';
import { startRedisCluster } from './redis-cluster.ts';

it('a real Redis answers', async () => {
  const redis = new Redis(inject('redisUrl'));
  expect(await redis.info('server')).toContain('redis_version');
  redis.disconnect();
});

it('a real Postgres answers', async () => {
  const sql = postgres(inject('postgresUrl'));
  const [row] = await sql`select version()`;
  expect(row?.['version']).toContain('PostgreSQL');
  await sql.end();
});

it('a real Redis Cluster answers: three masters, each with its own slots', async () => {
  const cluster = await startRedisCluster();
  const client = new Redis(cluster.urls[0]);
  try {
    expect(await client.call('cluster', 'info')).toContain('cluster_slots_ok:16384');
    await expect(Promise.all(['a', 'b', 'c'].map((key) => client.get(key)))).rejects.toThrow('MOVED');
  } finally {
    client.disconnect();
    await cluster.stop();
  }
});
