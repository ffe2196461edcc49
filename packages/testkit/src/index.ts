export { createTestDatabase, type TestDatabase } from './database/create-test-database.ts';
export { findFreePort } from './servers/free-port.ts';
export { findServerBinary } from './servers/find-server-binary.ts';
export { startPostgresServer, type PostgresServer } from './servers/postgres-server.ts';
export { startRedisServer, type RedisServer } from './servers/redis-server.ts';
