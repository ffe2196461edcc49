import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import { createTestDatabase } from '@tollgate/testkit';
import { inject } from 'vitest';
import { runTollgate, startTollgate, type TollgateProcess } from './tollgate-process.ts';

export const ADMIN_TOKEN = 'tga_test_0123456789abcdef0123456789abcdef';

/** A running Tollgate of one kind or the other; the suites do not care which. */
export interface Topology {
  name: TopologyName;
  /** One or more gateways. */
  gateways: string[];
  control: string;
  admin: TollgateClient;
  processes: TollgateProcess[];
  /** `tollgate …` against this control plane; stdout. */
  cli(...args: string[]): Promise<string>;
  /** Stops everything by SIGTERM and returns the exit codes. */
  stop(): Promise<(number | null)[]>;
}

export type TopologyName = 'embedded' | 'fleet';
export const TOPOLOGIES: readonly TopologyName[] = ['embedded', 'fleet'];

/** `config`: text of the file for apply. */
export function startTopology(
  name: TopologyName,
  config: string,
  env: Record<string, string> = {},
): Promise<Topology> {
  return name === 'embedded' ? startEmbedded(config, env) : startFleet(config, env);
}

const BASE_ENV = {
  TOLLGATE_OUTBOUND_ALLOW: '127.0.0.0/8',
  TOLLGATE_ADMIN_TOKEN: ADMIN_TOKEN,
  TOLLGATE_LOG_LEVEL: 'warn',
};

/** Both planes in one process, with the embedded database and store. */
async function startEmbedded(config: string, env: Record<string, string>): Promise<Topology> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-e2e-'));
  const file = join(folder, 'config.yaml');
  writeFileSync(file, config);
  const args = [
    'up',
    '--config',
    file,
    '--data-dir',
    join(folder, 'data'),
    '--gateway-port',
    '0',
    '--control-port',
    '0',
  ];
  const process = await startTollgate(args, { ...BASE_ENV, ...env });
  return buildTopology('embedded', [process], [process], process.ready['control'] ?? '', async () => {
    rmSync(folder, { recursive: true, force: true });
  });
}

/** Two gateways, one control plane, real Redis and Postgres. */
async function startFleet(config: string, env: Record<string, string>): Promise<Topology> {
  const folder = mkdtempSync(join(tmpdir(), 'tollgate-e2e-'));
  const database = await createTestDatabase(inject('postgresUrl'));
  const shared = {
    ...BASE_ENV,
    DATABASE_URL: database.url,
    REDIS_URL: inject('redisUrl'),
    TOLLGATE_REDIS_PREFIX: `e2e${randomBytes(6).toString('hex')}:`,
    TOLLGATE_SECRET_KEY: randomBytes(32).toString('base64'),
    ...env,
  };
  const control = await startTollgate(
    ['control', '--control-port', '0', '--data-dir', join(folder, 'control')],
    shared,
  );
  const controlUrl = control.ready['control'] ?? '';
  const file = join(folder, 'config.yaml');
  writeFileSync(file, config);
  await runTollgate(['apply', file], { TOLLGATE_URL: controlUrl, TOLLGATE_TOKEN: ADMIN_TOKEN });
  const gateways = await Promise.all(
    ['one', 'two'].map((node) =>
      startTollgate(['gateway', '--gateway-port', '0', '--data-dir', join(folder, node)], shared),
    ),
  );
  return buildTopology('fleet', [...gateways, control], gateways, controlUrl, async () => {
    await database.drop();
    rmSync(folder, { recursive: true, force: true });
  });
}

function buildTopology(
  name: TopologyName,
  processes: TollgateProcess[],
  gateways: TollgateProcess[],
  control: string,
  cleanUp: () => Promise<void>,
): Topology {
  return {
    name,
    processes,
    control,
    gateways: gateways.map((gateway) => gateway.ready['gateway'] ?? ''),
    admin: createTollgateClient({ url: control, token: ADMIN_TOKEN }),
    cli: (...args) => runTollgate(args, { TOLLGATE_URL: control, TOLLGATE_TOKEN: ADMIN_TOKEN }),
    async stop() {
      const codes: (number | null)[] = [];
      for (const process of processes) codes.push(await process.stop());
      await cleanUp();
      return codes;
    },
  };
}
