import { startPostgresServer, startRedisServer } from '@tollgate/testkit';
import { applyConfig, prepareFleet } from '../harness/fleet.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';
import { buildAccuracyTables, listBreaches } from './accuracy/accuracy-tables.ts';
import { buildAccuracyConfig } from './accuracy/build-accuracy-config.ts';
import { runClosedLoop } from './accuracy/closed-loop.ts';
import { measureFleet, USERS, type AccuracyPlan, type AccuracyResult } from './accuracy/measure-fleet.ts';
import { startUpstreamThread, type UpstreamThread } from './accuracy/upstream-thread.ts';
import { describeMachine, writeSection } from './page-section.ts';

/**
 * How exact the limits are over 1, 2, 4 and 8 real gateway processes on one Redis and one Postgres. Ends with code
 * 1 when a count is wrong. `--write` puts the tables into the docs.
 */
const LATENCY_MS = 20;
const WARM_UP_MS = 4_000;
const PLAN: AccuracyPlan = {
  fleets: [1, 2, 4, 8],
  rpm: 5_000,
  userSlots: 40,
  accountSlots: 10,
  accounts: 4,
  connections: 136,
  lightConnections: 24,
  beforeTurnMs: 18_000,
  windowsMs: 20_000,
  waitingMs: 6_000,
  fairnessMs: 6_000,
};

const redis = await startRedisServer();
const postgres = await startPostgresServer();
const upstream = await startUpstreamThread(LATENCY_MS);
const results: AccuracyResult[] = [];
try {
  await measureFleets();
} finally {
  await upstream.stop();
  await redis.stop();
  await postgres.stop();
}
const tables = buildAccuracyTables(results, PLAN);
process.stdout.write(`${tables.join('\n')}\n`);
if (process.argv.includes('--write'))
  writeSection('bench:accuracy', [...describeConditions(), '', ...tables]);
const breaches = results.flatMap((result) =>
  listBreaches(result, PLAN).map((breach) => `${result.nodes} gateways: ${breach}`),
);
process.stdout.write(`${breaches.length === 0 ? 'all counts exact' : breaches.join('\n')}\n`);
if (breaches.length > 0) process.exitCode = 1;

/** Each fleet is the one before and more gateways. */
async function measureFleets(): Promise<void> {
  const fleet = await prepareFleet({ redisUrl: redis.url, postgresUrl: postgres.url });
  const control = await fleet.startControl();
  const gateways: TollgateProcess[] = [];
  try {
    await applyConfig(fleet, control, buildAccuracyConfig(upstream.url, PLAN));
    for (const nodes of PLAN.fleets) {
      while (gateways.length < nodes) gateways.push(await fleet.startGateway(`node-${gateways.length}`));
      const urls = gateways.map(({ ready }) => ready['gateway'] ?? '');
      await warmUp(urls, upstream);
      const result = await measureFleet(urls, upstream, PLAN);
      results.push(result);
      process.stderr.write(`${nodes} gateways: ${JSON.stringify(result.windows)}\n`);
    }
  } finally {
    await Promise.all(gateways.map((gateway) => gateway.stop()));
    await control.stop();
    await fleet.cleanUp();
  }
}

/** Until the new gateways' code is compiled, and their connections are open. */
async function warmUp(urls: readonly string[], { begin }: UpstreamThread): Promise<void> {
  await begin({ perUser: PLAN.userSlots, perAccount: PLAN.accountSlots, fillMs: 0 });
  await runClosedLoop(urls, [{ ...USERS.waiting, connections: PLAN.connections }], WARM_UP_MS);
}

function describeConditions(): string[] {
  return [
    describeMachine(),
    `${PLAN.connections} connections, spread over the gateways; the upstream answers after ${LATENCY_MS} ms; a refused client rests 0.2–0.6 s, whatever it is told.`,
  ];
}
