import { Redis } from 'ioredis';
import postgres from 'postgres';
import { expect, inject, it } from 'vitest';

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
