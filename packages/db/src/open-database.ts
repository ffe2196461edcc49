import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { loadPostgresDriver } from './load-postgres-driver.ts';
import * as schema from './schema/index.ts';

/**
 * Drizzle over the tables of `schema`. `sql` is the client below it, for statements that drizzle cannot say;
 * drizzle turns off its conversion of dates (they come as text) and of JSON parameters (send text).
 */
export type Database = PostgresJsDatabase<typeof schema> & {
  readonly sql: postgres.Sql;
  /** Waits up to 5 s for running statements, then closes the connections. */
  close(): Promise<void>;
};

/** What the callback of `db.transaction` gets. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseOptions {
  /** Connections in the pool, at most. */
  max?: number;
  /** How the connections are named in pg_stat_activity. */
  applicationName?: string;
}

const connect = loadPostgresDriver();
const CONNECT_TIMEOUT_S = 10;
const CLOSE_TIMEOUT_S = 5;

/**
 * Opens a pool on `postgres://…`. Connects with the first statement, so it never fails by itself: a database
 * that is away rejects the statements, and they work again when it is back.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const client = connect(url, {
    max: options.max ?? 10,
    connect_timeout: CONNECT_TIMEOUT_S,
    // Faults in statements arrive as rejections; notices are no faults.
    onnotice: () => {},
    connection: { application_name: options.applicationName ?? 'tollgate' },
  });
  return Object.assign(drizzle({ client, schema }), {
    sql: client,
    close: () => client.end({ timeout: CLOSE_TIMEOUT_S }),
  });
}
