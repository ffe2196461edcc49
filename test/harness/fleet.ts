import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import { createTestDatabase } from '@tollgate/testkit';
import { inject } from 'vitest';
import { runTollgate, startTollgate, type TollgateProcess } from './tollgate-process.ts';

export const ADMIN_TOKEN = 'tga_test_0123456789abcdef0123456789abcdef';

export const BASE_ENV = {
  TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
  TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN,
  TOLLGATE_LOG_LEVEL: 'warn',
};

/**
 * Of fleets on the run's own Redis, which is never away: a machine that is busy for a moment is no outage. Who breaks
 * a Redis has one of its own, and the product's time limit.
 */
const PATIENT = { TOLLGATE_REDIS_TIMEOUT_MS: '5000' };

export interface FleetOptions {
  env?: Record<string, string>;
  /** Maintenance database of another Postgres than the run's. */
  postgresUrl?: string;
  redisUrl?: string;
  /** Where the gateways find the database, e.g. behind a proxy. */
  mapGatewayDatabaseUrl?(url: string): string;
  /** Where the control plane alone finds Redis. */
  controlRedisUrl?: string;
}

/** A database, a Redis prefix and a folder; the processes are started, killed and started again by the test. */
export interface Fleet {
  /** Holds the data folder of each node, under its name. */
  folder: string;
  /** For a look at what is really there, past all our processes. */
  databaseUrl: string;
  redisUrl: string;
  redisPrefix: string;
  /** `redisUrl`: where this one finds Redis. */
  startControl(redisUrl?: string): Promise<TollgateProcess>;
  /** A node that is started again under its name finds its journal. `env`: for this node alone. */
  startGateway(node: string, env?: Record<string, string>): Promise<TollgateProcess>;
  /** Removes database and folder; the processes must be gone. */
  cleanUp(): Promise<void>;
}

export async function prepareFleet(options: FleetOptions = {}): Promise<Fleet> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-fleet-'));
  const database = await createTestDatabase(options.postgresUrl ?? inject('postgresUrl'));
  const env = {
    ...BASE_ENV,
    ...(options.redisUrl === undefined && PATIENT),
    DATABASE_URL: database.url,
    REDIS_URL: options.redisUrl ?? inject('redisUrl'),
    TOLLGATE_REDIS_PREFIX: `e2e${randomBytes(6).toString('hex')}:`,
    TOLLGATE_SECRET_KEY: randomBytes(32).toString('base64'),
    ...options.env,
  };
  const gatewayDatabaseUrl = options.mapGatewayDatabaseUrl?.(database.url) ?? database.url;
  return {
    folder,
    databaseUrl: database.url,
    redisUrl: env.REDIS_URL,
    redisPrefix: env.TOLLGATE_REDIS_PREFIX,
    startControl: (redisUrl = options.controlRedisUrl ?? env.REDIS_URL) =>
      startTollgate(['control', '--control-port', '0', '--data-dir', join(folder, 'control')], {
        ...env,
        REDIS_URL: redisUrl,
      }),
    startGateway: (node, ofNode = {}) =>
      startTollgate(['gateway', '--gateway-port', '0', '--data-dir', join(folder, node)], {
        ...env,
        DATABASE_URL: gatewayDatabaseUrl,
        ...ofNode,
      }),
    async cleanUp() {
      await database.drop();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

/** `tollgate apply` of `config` against a control plane. */
export async function applyConfig(fleet: Fleet, control: TollgateProcess, config: string): Promise<void> {
  const file = join(fleet.folder, 'config.yaml');
  writeFileSync(file, config);
  await runTollgate(['apply', file], {
    TOLLGATE_URL: control.ready['control'] ?? '',
    TOLLGATE_TOKEN: ADMIN_TOKEN,
  });
}

export function connectAdmin(control: TollgateProcess): TollgateClient {
  return createTollgateClient({ url: control.ready['control'] ?? '', token: ADMIN_TOKEN });
}
