import { checkClocks } from './check-clocks.ts';
import { checkConfigFile } from './check-config-file.ts';
import { checkFileLimit } from './check-file-limit.ts';
import { checkJournalDisk } from './check-journal-disk.ts';
import { createNativeModuleCheck } from './check-native-module.ts';
import { createNodeCheck } from './check-node.ts';
import { checkPorts } from './check-ports.ts';
import { checkPostgres } from './check-postgres.ts';
import { checkRedis } from './check-redis.ts';
import { checkSecretKey } from './check-secret-key.ts';
import { checkUpstreams } from './check-upstreams.ts';
import type { Check, DoctorSite, Finding } from './finding.ts';
import { runChecks } from './run-checks.ts';

const CHECK_LIMIT_MS = 10_000;

const CHECKS: readonly Check[] = [
  createNodeCheck(),
  createNativeModuleCheck(),
  checkConfigFile,
  checkPostgres,
  checkRedis,
  checkClocks,
  checkSecretKey,
  checkJournalDisk,
  checkFileLimit,
  checkPorts,
  checkUpstreams,
];

/** CTL-5: every dependency of a Tollgate with these settings, within some seconds. */
export function examine(site: DoctorSite): Promise<Finding[]> {
  return runChecks(CHECKS, site, { limitMs: CHECK_LIMIT_MS });
}
