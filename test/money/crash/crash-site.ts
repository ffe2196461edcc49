import { rmSync } from 'node:fs';
import { join } from 'node:path';
import type { TollgateClient } from '@tollgate/api';
import {
  startPostgresServer,
  startRedisServer,
  startSimulator,
  type PostgresServer,
  type RedisServer,
  type Simulator,
} from '@tollgate/testkit';
import { KEY } from '../../harness/client.ts';
import { buildConfig } from '../../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type Fleet } from '../../harness/fleet.ts';
import type { TollgateProcess } from '../../harness/tollgate-process.ts';
import { PurseBooks } from '../purse-books.ts';

export type Victim = 'gateway' | 'control plane' | 'Redis' | 'Postgres';
export const VICTIMS: readonly Victim[] = ['gateway', 'control plane', 'Redis', 'Postgres'];
/** Whose gateways are killed, in turn. */
export const NODES = ['one', 'two'] as const;
export const BALANCE = '1000';
/** Of the user whose requests a node takes with it when it is lost with its disk. */
export const LOST_KEY = 'sk-test-lost-0123456789ab';

/** All that can be killed, each a real process; what is killed comes back with the disk it had. */
export class CrashSite {
  readonly simulator: Simulator;
  readonly postgres: PostgresServer;
  readonly fleet: Fleet;
  #redis: RedisServer;
  #control: TollgateProcess;
  readonly #nodes = new Map<string, TollgateProcess>();

  private constructor(
    simulator: Simulator,
    redis: RedisServer,
    postgres: PostgresServer,
    fleet: Fleet,
    control: TollgateProcess,
  ) {
    this.simulator = simulator;
    this.#redis = redis;
    this.postgres = postgres;
    this.fleet = fleet;
    this.#control = control;
  }

  static async start(): Promise<CrashSite> {
    const simulator = await startSimulator({ recordMax: 1 });
    const redis = await startRedisServer();
    const postgres = await startPostgresServer({ survivesKill: true });
    const fleet = await prepareFleet({
      redisUrl: redis.url,
      postgresUrl: postgres.url,
      env: { TOLLGATE_LOG_LEVEL: 'silent' },
    });
    const control = await fleet.startControl();
    await applyConfig(fleet, control, buildCrashConfig(simulator.url));
    const site = new CrashSite(simulator, redis, postgres, fleet, control);
    for (const node of NODES) await site.startNode(node);
    return site;
  }

  /** Where the clients of a node find it now: a port changes with each start. */
  urlOf(node: string): string {
    return this.#nodes.get(node)?.ready['gateway'] ?? '';
  }

  get admin(): TollgateClient {
    return connectAdmin(this.#control);
  }

  pidOf(node: string): number {
    return this.#nodes.get(node)?.child.pid ?? 0;
  }

  openBooks(): PurseBooks {
    return new PurseBooks(this.fleet);
  }

  async startNode(node: string): Promise<void> {
    this.#nodes.set(node, await this.fleet.startGateway(node));
  }

  /** kill -9, and back to life. */
  async crash(victim: Victim, node: string): Promise<void> {
    if (victim === 'gateway') {
      await this.#nodes.get(node)?.kill();
      await this.startNode(node);
    } else if (victim === 'control plane') {
      await this.#control.kill();
      this.#control = await this.fleet.startControl();
    } else if (victim === 'Redis') {
      const { port } = this.#redis;
      this.#redis.signal('SIGKILL');
      await this.#redis.stop();
      this.#redis = await startRedisServer({ port });
    } else {
      this.postgres.signal('SIGKILL');
      await this.postgres.restart();
    }
  }

  /** kill -9, and its disk is gone. */
  async loseNode(node: string): Promise<void> {
    await this.#nodes.get(node)?.kill();
    this.#nodes.delete(node);
    rmSync(join(this.fleet.folder, node), { recursive: true });
  }

  async stop(): Promise<void> {
    await Promise.all([...this.#nodes.values()].map((node) => node.stop()));
    await this.#control.stop();
    await this.fleet.cleanUp();
    await this.#redis.stop();
    await this.postgres.stop();
    await this.simulator.stop();
  }
}

function buildCrashConfig(url: string): string {
  return buildConfig({
    groups: [{ name: 'main', platform: 'anthropic', rate_multiplier: '1.0', rpm: 0 }],
    accounts: [{ name: 'a1', base_url: url, concurrency: 0 }],
    users: [
      { email: 'u@example.com', balance: BALANCE, concurrency: 0, rpm: 0 },
      { email: 'lost@example.com', balance: BALANCE, concurrency: 20, rpm: 0 },
    ],
    keys: [
      { user: 'u@example.com', name: 'k1', groups: ['main'], key: KEY },
      { user: 'lost@example.com', name: 'lost', groups: ['main'], key: LOST_KEY },
    ],
  });
}
