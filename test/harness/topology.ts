import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createTollgateClient, type TollgateClient } from '@tollgate/api';
import { ADMIN_TOKEN, BASE_ENV, connectAdmin, prepareFleet } from './fleet.ts';
import { runTollgate, startTollgate, type TollgateProcess } from './tollgate-process.ts';

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
  const fleet = await prepareFleet({ env });
  const control = await fleet.startControl();
  // What `tollgate apply` sends, without a process for it: the suites of faults go that way.
  await connectAdmin(control).config.applyFile.mutate({ config });
  const gateways = await Promise.all(['one', 'two'].map((node) => fleet.startGateway(node)));
  const controlUrl = control.ready['control'] ?? '';
  return buildTopology('fleet', [...gateways, control], gateways, controlUrl, fleet.cleanUp);
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
      // The gateways at once, and the control plane when they have told it all: it is the last one, or the only one.
      const others = await Promise.all(processes.slice(0, -1).map((process) => process.stop()));
      const last = await Promise.all(processes.slice(-1).map((process) => process.stop()));
      await cleanUp();
      return [...others, ...last];
    },
  };
}
