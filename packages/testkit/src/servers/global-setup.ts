import type { TestProject } from 'vitest/node';
import { startPostgresServer } from './postgres-server.ts';
import { startRedisServer } from './redis-server.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** A real Redis for the whole run: use key prefixes of your own. */
    redisUrl: string;
    /** The maintenance database of a real Postgres: make databases of your own. */
    postgresUrl: string;
  }
}

/** One Redis and one Postgres for the whole run; `REDIS_URL` and `DATABASE_URL` replace them. */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const redis = process.env['REDIS_URL'] ? null : await startRedisServer();
  const postgres = process.env['DATABASE_URL'] ? null : await startPostgresServer();
  project.provide('redisUrl', process.env['REDIS_URL'] ?? redis?.url ?? '');
  project.provide('postgresUrl', process.env['DATABASE_URL'] ?? postgres?.url ?? '');
  return async () => {
    await redis?.stop();
    await postgres?.stop();
  };
}
