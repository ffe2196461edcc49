export { findFreePort } from './servers/free-port.ts';
export { findServerBinary } from './servers/find-server-binary.ts';
export { startPostgresServer, type PostgresServer } from './servers/postgres-server.ts';
export { startRedisServer, type RedisServer } from './servers/redis-server.ts';
export { listRecordings, type RecordingFilter } from './recordings/list-recordings.ts';
export type { ExpectedUsage, Recording, RecordingEntry } from './recordings/recording.ts';
