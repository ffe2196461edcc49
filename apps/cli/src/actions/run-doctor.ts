import { parseControlConfig } from '@tollgate/control';
import { parseGatewayConfig } from '@tollgate/gateway';
import { readConfigFile } from '../config/read-config-file.ts';
import { describeFailure } from '../describe-failure.ts';
import { examine } from '../doctor/examine.ts';
import type { DoctorSite } from '../doctor/finding.ts';
import { renderFindings } from '../doctor/render-findings.ts';
import { printJson } from '../output/print-json.ts';

export interface DoctorFlags {
  json?: boolean;
  config?: string;
  dataDir?: string;
}

const EXIT_FAILURE = 1;

export async function runDoctor(flags: DoctorFlags): Promise<void> {
  const env = {
    ...process.env,
    ...(flags.dataDir === undefined ? {} : { TOLLGATE_DATA_DIR: flags.dataDir }),
  };
  const findings = await examine(await describeSite(env, flags.config));
  if (flags.json) printJson(findings);
  else console.log(renderFindings(findings));
  if (findings.some(({ level }) => level === 'failure')) process.exitCode = EXIT_FAILURE;
}

/** Throws an Error with every setting that is wrong: nothing can be looked at with those. */
async function describeSite(env: NodeJS.ProcessEnv, file: string | undefined): Promise<DoctorSite> {
  const gateway = parseGatewayConfig(env);
  const control = parseControlConfig(env);
  const { databaseUrl, redisUrl, redisIsCluster, dataDir, journalDir, journalBytesMax } = gateway;
  const { secretKeyText, secretKeyFile, outboundAllow } = gateway;
  return {
    databaseUrl,
    redisUrl,
    redisIsCluster,
    dataDir,
    journalDir,
    journalBytesMax,
    secretKeyText,
    secretKeyFile,
    outboundAllow,
    gateway: { host: gateway.host, port: gateway.port },
    control: { host: control.host, port: control.port },
    config: file === undefined ? null : await readConfig(file, env),
  };
}

function readConfig(file: string, env: NodeJS.ProcessEnv): Promise<DoctorSite['config']> {
  return readConfigFile(file, env).then(
    (text) => ({ text }),
    (fault: unknown) => ({ problem: describeFailure(fault) }),
  );
}
