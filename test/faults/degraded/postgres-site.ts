import {
  startPostgresServer,
  startRedisServer,
  startSimulator,
  type PostgresServer,
  type Simulator,
} from '@tollgate/testkit';
import type { TollgateClient } from '@tollgate/api';
import { expect } from 'vitest';
import { applyConfig, connectAdmin, prepareFleet } from '../../harness/fleet.ts';
import { exchangeRaw } from '../../harness/raw-http.ts';
import { startTcpProxy } from '../../harness/tcp-proxy.ts';
import { waitUntil } from '../../harness/wait-until.ts';
import { readStatus } from './asking.ts';
import { buildCast, type Role } from './cast.ts';
import type { PostgresOutage } from './outages.ts';

/** Each statement goes there and back: above the gateway's time limit of 2 s. */
const SLOWER_MS = 1_500;

/** Two gateways whose way to a Postgres of their own goes through a cable that can be pulled. */
export interface PostgresSite {
  simulator: Simulator;
  admin: TollgateClient;
  gateways: readonly [string, string];
  slow(delayMs: number): void;
  breakPostgres(outage: PostgresOutage): void;
  /** Undoes whichever outage there is. */
  mend(): Promise<void>;
  /** Redis's keys of which `part` is a part end now, as they would by their TTL. */
  expire(part: string): Promise<void>;
  stop(): Promise<void>;
}

export async function startPostgresSite(roles: readonly Role[]): Promise<PostgresSite> {
  const simulator = await startSimulator();
  const redis = await startRedisServer();
  const postgres: PostgresServer = await startPostgresServer({ survivesKill: true });
  const proxy = await startTcpProxy(postgres.port);
  const fleet = await prepareFleet({
    postgresUrl: postgres.url,
    redisUrl: redis.url,
    env: { TOLLGATE_LOG_LEVEL: 'silent' },
    mapGatewayDatabaseUrl: (url) => Object.assign(new URL(url), { port: String(proxy.port) }).href,
  });
  const control = await fleet.startControl();
  await applyConfig(fleet, control, buildCast(simulator.url, roles));
  const [one, two] = await Promise.all([fleet.startGateway('one'), fleet.startGateway('two')]);
  const gateways = [one.ready['gateway'] ?? '', two.ready['gateway'] ?? ''] as const;
  let isKilled = false;
  const mend = async (): Promise<void> => {
    proxy.heal();
    postgres.signal('SIGCONT');
    if (isKilled) await postgres.restart();
    isKilled = false;
  };
  const command = async (line: string): Promise<string> =>
    (await exchangeRaw(redis.url, `${line}\r\nQUIT\r\n`, 2_000)).toString();
  const findKeys = async (part: string): Promise<string[]> =>
    (await command(`KEYS *${part}*`)).split('\r\n').filter((line) => line.includes(part));
  return {
    simulator,
    admin: connectAdmin(control),
    gateways,
    slow: (delayMs) => proxy.slow(delayMs),
    breakPostgres(outage) {
      if (outage === 'slower') proxy.slow(SLOWER_MS);
      else if (outage === 'frozen') postgres.signal('SIGSTOP');
      else if (outage === 'cut off') proxy.cut();
      else postgres.signal('SIGKILL');
      isKilled = outage === 'killed';
    },
    mend,
    async expire(part) {
      const names = await findKeys(part);
      expect(names).not.toEqual([]);
      for (const name of names) await command(`PEXPIRE ${name} 1`);
      await waitUntil('they are gone', async () => (await findKeys(part)).length === 0);
    },
    async stop() {
      await mend();
      for (const node of [one, two]) expect(await node.stop()).toBe(0);
      expect(await control.stop()).toBe(0);
      await fleet.cleanUp();
      await proxy.stop();
      await postgres.stop();
      await redis.stop();
      await simulator.stop();
    },
  };
}

/** Every one of these is served by these gateways. */
export async function expectServed(gateways: readonly string[], names: readonly string[]): Promise<void> {
  for (const gateway of gateways)
    for (const name of names) expect([name, await readStatus(gateway, name)]).toEqual([name, 200]);
}
