import { setTimeout as sleep } from 'node:timers/promises';
import { Redis } from 'ioredis';
import postgres from 'postgres';
import { expect, inject, it } from 'vitest';
import { startPostgresServer } from './postgres-server.ts';
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

it('a Postgres that is frozen answers on no connection; killed and restarted it has its commits', async () => {
  const server = await startPostgresServer({ survivesKill: true });
  const open = () => postgres(server.url, { max: 1, connect_timeout: 30, onnotice: () => {} });
  let sql = open();
  try {
    await sql`create table kept (number int)`;
    server.signal('SIGSTOP');
    const asked = sql`insert into kept values (1)`.then(() => 'answered');
    expect(await Promise.race([asked, sleep(300, 'silent')])).toBe('silent');
    server.signal('SIGCONT');
    expect(await asked).toBe('answered');
    server.signal('SIGKILL');
    await expect(sql`select 1`).rejects.toThrow(/CLOSED|ECONN/);
    await sql.end({ timeout: 1 });
    await server.restart();
    sql = open();
    expect(await sql`select number from kept`).toEqual([{ number: 1 }]);
  } finally {
    await sql.end({ timeout: 1 });
    await server.stop();
  }
});
