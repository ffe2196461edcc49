import { setTimeout as sleep } from 'node:timers/promises';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { startDeafProxy } from '../harness/deaf-proxy.ts';
import type { FleetOptions } from '../harness/fleet.ts';
import { openAgent, runLoad } from './ask-gateway.ts';
import { startRevocationSite, type RevocationPlan, type RevocationSite } from './revocation-site.ts';
import { revokeKey, type Revocation, type RevokeOptions } from './revoke-key.ts';

export interface ModeResult {
  mode: string;
  revocations: Revocation[];
  /** Requests of the load that were served meanwhile, a second. */
  loadPerSecond: number;
  /** The bound that the mode is held to; null = nothing may be accepted after the answer at all. */
  boundMs: number | null;
}

export interface ModeOptions {
  plan: RevocationPlan;
  count: number;
  /** Revocations at a time. */
  parallel: number;
}

/** AUTH-5: the L1 TTL and its spread. */
export const L1_TTL_MAX_MS = 16_500;
/** AUTH-6 */
export const GOAL_MS = 100;
const IN_FORCE_WAIT_MS = 30_000;
/** Beyond every bound, so that a breach is measured and not thrown. */
const DEAD_WITHIN_MS = 60_000;
const REDIS_AWAY_MS = 3_000;
/** Modes that take seconds a key: requests are spaced so that they are no load by themselves. */
const PAUSE_MS = 5;

type Servers = Required<Pick<FleetOptions, 'redisUrl' | 'postgresUrl'>>;

/** Redis up. `waits`: the admin's answer waits until the change is in force on every node. */
export async function measureUp(servers: Servers, options: ModeOptions, waits: boolean): Promise<ModeResult> {
  const site = await startRevocationSite(options.plan, servers);
  const waitMs = waits ? IN_FORCE_WAIT_MS : 0;
  try {
    const mode = waits ? 'Redis up, the answer waits for "in force"' : 'Redis up, the answer does not wait';
    return await measure(site, options, { mode, boundMs: waits ? null : GOAL_MS, waitMs, pauseMs: 0 });
  } finally {
    await site.stop();
  }
}

/** Half of the nodes hear no invalidation at all. */
export async function measureDeaf(servers: Servers, options: ModeOptions): Promise<ModeResult> {
  const deaf = await startDeafProxy(servers.redisUrl);
  const mapRedisUrl = (node: number) => (node % 2 === 1 ? deaf.url : null);
  const site = await startRevocationSite(options.plan, { ...servers, mapRedisUrl });
  try {
    const mode = `messages dropped on ${Math.floor(options.plan.nodes / 2)} of ${options.plan.nodes} nodes`;
    return await measure(site, options, { mode, boundMs: L1_TTL_MAX_MS, waitMs: 0, pauseMs: PAUSE_MS });
  } finally {
    await site.stop();
    await deaf.stop();
  }
}

/** A Redis that is killed and comes back empty, while keys are revoked before, during and after. */
export async function measureRestart(
  servers: Pick<Servers, 'postgresUrl'>,
  options: ModeOptions,
): Promise<ModeResult> {
  let redis = await startRedisServer();
  const site = await startRevocationSite(options.plan, { ...servers, redisUrl: redis.url });
  const stopping = new AbortController();
  const restarting = restartForEver(redis, stopping.signal).then((last) => (redis = last));
  try {
    const mode = `Redis killed every ${(2 * REDIS_AWAY_MS) / 1_000} s, away for ${REDIS_AWAY_MS / 1_000} s`;
    // A key becomes known only while Redis is there: it is revoked at any moment of the next round.
    const leadMs = () => Math.random() * 2 * REDIS_AWAY_MS;
    return await measure(site, options, {
      mode,
      boundMs: L1_TTL_MAX_MS,
      waitMs: 0,
      pauseMs: PAUSE_MS,
      leadMs,
    });
  } finally {
    stopping.abort();
    await restarting;
    await site.stop();
    await redis.stop();
  }
}

async function restartForEver(first: RedisServer, signal: AbortSignal): Promise<RedisServer> {
  let redis = first;
  while (!signal.aborted) {
    await sleep(REDIS_AWAY_MS);
    redis.signal('SIGKILL');
    await sleep(REDIS_AWAY_MS);
    await redis.stop();
    redis = await startRedisServer({ port: first.port });
  }
  return redis;
}

async function measure(
  site: RevocationSite,
  { plan, count, parallel }: ModeOptions,
  {
    mode,
    boundMs,
    ...how
  }: Pick<ModeResult, 'mode' | 'boundMs'> & Pick<RevokeOptions, 'waitMs' | 'pauseMs' | 'leadMs'>,
): Promise<ModeResult> {
  const agent = openAgent();
  const load = new AbortController();
  const startedMs = performance.now();
  const loading = runLoad(site.gateways, site.loadKeys, plan.loadClients, load.signal);
  const revocations: Revocation[] = [];
  let begun = 0;
  const runWorker = async (): Promise<void> => {
    while (begun < count) {
      begun += 1;
      revocations.push(
        await revokeKey(site, site.takeKey(), { agent, deadWithinMs: DEAD_WITHIN_MS, ...how }),
      );
    }
  };
  await Promise.all(Array.from({ length: parallel }, runWorker));
  const elapsedMs = performance.now() - startedMs;
  load.abort();
  const served = await loading;
  agent.destroy();
  return { mode, boundMs, revocations, loadPerSecond: (served * 1_000) / elapsedMs };
}
