import { startRedisServer, startSimulator, type RedisServer, type Simulator } from '@tollgate/testkit';
import type { TollgateClient } from '@tollgate/api';
import { expect } from 'vitest';
import { applyConfig, connectAdmin, prepareFleet } from '../../harness/fleet.ts';
import { exchangeRaw } from '../../harness/raw-http.ts';
import { startTcpProxy } from '../../harness/tcp-proxy.ts';
import type { TollgateProcess } from '../../harness/tollgate-process.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { readState } from './asking.ts';
import { buildCast, type Role } from './cast.ts';
import type { RedisOutage } from './outages.ts';

/** The store's time limit: longer than the product's 250 ms, as this machine starts and asks several nodes at once. */
export const REDIS_TIMEOUT_MS = 750;
/** On each of both ways: even a second call is answered after the limit, so that nothing late keeps a place in a queue. */
const SLOWER_MS = 1_000;
/** The time limit of one look and the time between two. */
const SEEN_WITHIN_MS = 15_000;

/** Gateways whose way to a Redis of their own goes through a cable that can be pulled; the control plane's does not. */
export interface RedisSite {
  simulator: Simulator;
  admin: TollgateClient;
  nodes: TollgateProcess[];
  gateways: readonly [string, string];
  slow(delayMs: number): void;
  /** Returns when it is done, not when it is seen. */
  breakRedis(outage: RedisOutage): void;
  /** Undoes whichever outage there is; a killed Redis comes back empty. Waits until every node has seen it. */
  mend(): Promise<void>;
  flush(): Promise<void>;
  /** Sends one inline command and gives what Redis answers. */
  command(line: string): Promise<string>;
  waitForState(state: string): Promise<void>;
  stop(): Promise<void>;
}

/** `envs`: one node for each. */
export async function startRedisSite(
  roles: readonly Role[],
  envs: readonly [Record<string, string>, Record<string, string>] = [{}, {}],
): Promise<RedisSite> {
  const simulator = await startSimulator();
  let redis: RedisServer = await startRedisServer();
  const { port } = redis;
  const proxy = await startTcpProxy(port);
  const fleet = await prepareFleet({
    redisUrl: `redis://127.0.0.1:${proxy.port}`,
    controlRedisUrl: redis.url,
    env: { TOLLGATE_REDIS_TIMEOUT_MS: String(REDIS_TIMEOUT_MS) },
  });
  const control = await fleet.startControl();
  await applyConfig(fleet, control, buildCast(simulator.url, roles));
  const [one, two] = await Promise.all([
    fleet.startGateway('one', envs[0]),
    fleet.startGateway('two', envs[1]),
  ]);
  const gateways = [one.ready['gateway'] ?? '', two.ready['gateway'] ?? ''] as const;
  const waitForState = (state: string) =>
    waitUntil(
      state,
      async () => (await Promise.all(gateways.map(readState))).every((seen) => seen === state),
      SEEN_WITHIN_MS,
    );
  const command = async (line: string): Promise<string> =>
    (await exchangeRaw(redis.url, `${line}\r\nQUIT\r\n`, 2_000)).toString();
  let isKilled = false;
  return {
    simulator,
    admin: connectAdmin(control),
    nodes: [one, two],
    gateways,
    command,
    waitForState,
    slow: (delayMs) => proxy.slow(delayMs),
    breakRedis(outage) {
      if (outage === 'slower') proxy.slow(SLOWER_MS);
      else if (outage === 'frozen') redis.signal('SIGSTOP');
      else if (outage === 'cut off') proxy.cut();
      else redis.signal('SIGKILL');
      isKilled = outage === 'killed';
    },
    async mend() {
      proxy.heal();
      redis.signal('SIGCONT');
      if (isKilled) {
        isKilled = false;
        await redis.stop();
        redis = await startRedisServer({ port });
      }
      await waitForState('200 ok, 200 ok');
    },
    async flush() {
      expect(await command('FLUSHALL')).toBe('+OK\r\n+OK\r\n');
    },
    async stop() {
      proxy.heal();
      redis.signal('SIGCONT');
      expect(await Promise.all([one.stop(), two.stop()])).toEqual([0, 0]);
      expect(await control.stop()).toBe(0);
      await fleet.cleanUp();
      await proxy.stop();
      await redis.stop();
      await simulator.stop();
    },
  };
}
