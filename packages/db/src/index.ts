export { DataDirLockedError } from './embedded/lock-data-dir.ts';
export {
  startEmbeddedPostgres,
  type EmbeddedPostgres,
  type EmbeddedPostgresOptions,
} from './embedded/start-embedded-postgres.ts';
export { migrate, MigrationError, readMigrations, type Migration } from './migrate.ts';
export { openDatabase, type Database, type DatabaseOptions, type Transaction } from './open-database.ts';
export * as schema from './schema/index.ts';
