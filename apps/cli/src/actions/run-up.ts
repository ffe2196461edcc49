import { readConfigFile } from '../config/read-config-file.ts';
import { startUp } from '../start-up.ts';
import { waitForSignal } from '../wait-for-signal.ts';

export interface UpFlags {
  config?: string;
  dataDir?: string;
  gatewayPort?: string;
  controlPort?: string;
}

export async function runUp(flags: UpFlags): Promise<void> {
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
