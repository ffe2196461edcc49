import { drizzle, type PostgresJsDatabase } from 'drizzle-orm/postgres-js';
import type postgres from 'postgres';
import { createProbe, type Probe } from './create-probe.ts';
import { loadPostgresDriver } from './load-postgres-driver.ts';
import * as schema from './schema/index.ts';

/**
 * Drizzle over the tables of `schema`. `sql` is the client below it, for statements that drizzle cannot say;
 * drizzle turns off its conversion of dates (they come as text) and of JSON parameters (send text).
 */
export type Database = PostgresJsDatabase<typeof schema> & {
  readonly sql: postgres.Sql;
  /** See {@link Probe}; of an embedded one always true: it is this process. */
  readonly answersWithin: Probe['answersWithin'];
  /** Waits for running statements, up to 5 s unless told otherwise, then closes the connections. */
  close(withinMs?: number): Promise<void>;
};

/** What the callback of `db.transaction` gets. */
export type Transaction = Parameters<Parameters<Database['transaction']>[0]>[0];

export interface DatabaseOptions {
  /** Connections in the pool, at most. */
  max?: number;
  /** How the connections are named in pg_stat_activity. */
  applicationName?: string;
  /** One connection after the other: what waits for its turn there does not wait for a silent server. */
  isEmbedded?: boolean;
  /** Hears of each statement that is sent; for tests. */
  onStatement?: (text: string) => void;
}

const connect = loadPostgresDriver();
const CONNECT_TIMEOUT_S = 10;
const CLOSE_WITHIN_MS = 5_000;
/** A connection that only asks whether anybody is there is of no use for longer. */
const PROBE_IDLE_S = 30;
/**
 * Between two tries of a connection, at most. The driver gives statements to one that waits, and its own bound of
 * 20 s is far beyond what a request waits (2 s): it would fail for so long after the database is back.
 */
const RECONNECT_S_MAX = 0.5;

/**
 * Opens a pool on `postgres://…`. Connects with the first statement, so it never fails by itself: a database
 * that is away rejects the statements, and they work again when it is back.
 */
export function openDatabase(url: string, options: DatabaseOptions = {}): Database {
  const shared = {
    connect_timeout: CONNECT_TIMEOUT_S,
    backoff: selectReconnectDelay,
    // Faults in statements arrive as rejections; notices are no faults.
    onnotice: () => {},
    connection: { application_name: options.applicationName ?? 'tollgate' },
  };
  const client = connect(url, {
    ...shared,
    max: options.max ?? 10,
    ...(options.onStatement && { debug: (_connection: number, text: string) => options.onStatement?.(text) }),
  });
  const probe = createProbe(() => connect(url, { ...shared, max: 1, idle_timeout: PROBE_IDLE_S }));
  return Object.assign(drizzle({ client, schema }), {
    sql: client,
    answersWithin: (ms: number) => (options.isEmbedded ? Promise.resolve(true) : probe.answersWithin(ms)),
    async close(withinMs = CLOSE_WITHIN_MS) {
      await Promise.all([client.end({ timeout: withinMs / 1_000 }), probe.close()]);
    },
  });
}

/** `failures` in a row, of all connections. Seconds; spread, so that they do not come all at once. */
function selectReconnectDelay(failures: number): number {
  return (0.5 + Math.random() / 2) * Math.min(3 ** failures / 100, RECONNECT_S_MAX);
}
