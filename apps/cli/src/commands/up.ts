import type { Command } from 'commander';
import { readConfigFile } from '../config/read-config-file.ts';
import { startUp } from '../start-up.ts';
import { waitForSignal } from '../wait-for-signal.ts';

interface UpFlags {
  config?: string;
  dataDir?: string;
  gatewayPort?: string;
  controlPort?: string;
}

export function registerUp(program: Command): void {
  program
    .command('up')
    .description(
      'Run both planes in one process; embedded database and store unless DATABASE_URL / REDIS_URL are set.',
    )
    .option('--config <file>', 'configuration file to apply at start')
    .option('--data-dir <dir>', 'folder of journal, secret key and embedded database')
    .option('--gateway-port <port>', 'port of the data plane; 0 = a free one')
    .option('--control-port <port>', 'port of the control plane; 0 = a free one')
    .action(runUp);
}

async function runUp(flags: UpFlags): Promise<void> {
  const system = await startUp({
    env: {
      ...process.env,
      ...(flags.dataDir === undefined ? {} : { TOLLGATE_DATA_DIR: flags.dataDir }),
      ...(flags.gatewayPort === undefined ? {} : { TOLLGATE_GATEWAY_PORT: flags.gatewayPort }),
      ...(flags.controlPort === undefined ? {} : { TOLLGATE_CONTROL_PORT: flags.controlPort }),
    },
    ...(flags.config === undefined ? {} : { configText: await readConfigFile(flags.config, process.env) }),
  });
  if (system.adminToken !== null) await system.printSetUpLink();
  const token = system.adminToken === null ? '' : ` admin_token=${system.adminToken}`;
  // Before the line: who reads it may send the signal at once.
  const stopped = waitForSignal();
  console.log(`tollgate ready gateway=${system.gatewayUrl} control=${system.controlUrl}${token}`);
  await stopped;
  await system.close();
}
