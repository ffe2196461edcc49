import { loadavg } from 'node:os';
import { startPostgresServer, startRedisServer } from '@tollgate/testkit';
import { describeMachine, writeSection } from '../bench/page-section.ts';
import { buildRevocationTable, listRevocationBreaches } from './judge-revocations.ts';
import { measureDeaf, measureRestart, measureUp, type ModeResult } from './revocation-modes.ts';

/**
 * AUTH-6 in full: 1,000 keys revoked under load over 4 real gateway processes, then with messages dropped on purpose
 * and with a Redis that dies. Ends with code 1 when a key is accepted for longer than it may be. `--write` puts the
 * table into the docs.
 */
const LOAD = { nodes: 4, loadKeys: 200, loadClients: 2 };
const UP = { count: 1_000, parallel: 4 };
const WAITING = { count: 250, parallel: 4 };
const DEAF = { count: 60, parallel: 6 };
const RESTART = { count: 60, parallel: 6 };

const redis = await startRedisServer();
const postgres = await startPostgresServer();
const servers = { redisUrl: redis.url, postgresUrl: postgres.url };
const results: ModeResult[] = [];
try {
  await add(measureUp(servers, { ...UP, plan: { ...LOAD, keys: UP.count } }, false));
  await add(measureUp(servers, { ...WAITING, plan: { ...LOAD, keys: WAITING.count } }, true));
  await add(measureDeaf(servers, { ...DEAF, plan: { ...LOAD, keys: DEAF.count } }));
  await add(measureRestart(servers, { ...RESTART, plan: { ...LOAD, keys: RESTART.count } }));
} finally {
  await redis.stop();
  await postgres.stop();
}
const table = buildRevocationTable(results);
process.stdout.write(`${table.join('\n')}\n`);
if (process.argv.includes('--write'))
  writeSection('prove:revocation', [...describeConditions(), '', ...table]);
const breaches = results.flatMap(listRevocationBreaches);
process.stdout.write(`${breaches.length === 0 ? 'every bound is kept' : breaches.join('\n')}\n`);
if (breaches.length > 0) process.exitCode = 1;

async function add(measuring: Promise<ModeResult>): Promise<void> {
  const result = await measuring;
  results.push(result);
  process.stderr.write(`${result.mode}: ${result.revocations.length} revocations\n`);
}

function describeConditions(): string[] {
  return [
    describeMachine(),
    `Load average of the last quarter of an hour: ${loadavg()[2]?.toFixed(1)}, of ours and whatever else ran.`,
    `${LOAD.nodes} gateways; beside each revocation ${LOAD.loadClients} clients a node post messages with ${LOAD.loadKeys} other keys.`,
    `The revoked key itself is asked on every node without a pause (in the last two modes every 5 ms).`,
  ];
}
