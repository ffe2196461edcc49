import type { TollgateClient } from '@tollgate/api';
import { startSimulator } from '@tollgate/testkit';
import { buildConfig } from '../harness/config.ts';
import { applyConfig, connectAdmin, prepareFleet, type FleetOptions } from '../harness/fleet.ts';
import type { TollgateProcess } from '../harness/tollgate-process.ts';

export interface RevocationPlan {
  nodes: number;
  /** Keys that are there to be revoked. */
  keys: number;
  /** Keys of the load that goes on meanwhile. */
  loadKeys: number;
  /** Closed-loop clients on each node. */
  loadClients: number;
}

export interface DoomedKey {
  id: string;
  plainKey: string;
}

export interface RevocationSite {
  gateways: readonly string[];
  control: TollgateProcess;
  admin: TollgateClient;
  /** Each is revoked once: take the next. */
  takeKey(): DoomedKey;
  loadKeys: readonly string[];
  stop(): Promise<void>;
}

const KEYS_OF_USER = 50;
const PAGE_ROWS = 200;
const buildApiKey = (kind: 'doomed' | 'load', index: number): string =>
  `sk-${kind}-${String(index).padStart(16, '0')}`;

/** Real processes, a real Redis and a real Postgres. `mapRedisUrl`: where a node finds Redis, when elsewhere. */
export async function startRevocationSite(
  plan: RevocationPlan,
  options: FleetOptions & { mapRedisUrl?(node: number): string | null } = {},
): Promise<RevocationSite> {
  const simulator = await startSimulator({ recordMax: 1 });
  const fleet = await prepareFleet({ ...options, env: { TOLLGATE_LOG_LEVEL: 'silent', ...options.env } });
  const control = await fleet.startControl();
  await applyConfig(fleet, control, buildRevocationConfig(simulator.url, plan));
  const startNode = (_: unknown, index: number): Promise<TollgateProcess> => {
    const redisUrl = options.mapRedisUrl?.(index) ?? null;
    const env = { TOLLGATE_NODE_LABEL: `node-${index}`, ...(redisUrl !== null && { REDIS_URL: redisUrl }) };
    return fleet.startGateway(`node-${index}`, env);
  };
  const nodes = await Promise.all(Array.from({ length: plan.nodes }, startNode));
  const admin = connectAdmin(control);
  const doomed = await listDoomed(admin);
  return {
    gateways: nodes.map(({ ready }) => ready['gateway'] ?? ''),
    control,
    admin,
    takeKey() {
      const key = doomed.pop();
      if (!key) throw new Error('there are no more keys to revoke');
      return key;
    },
    loadKeys: Array.from({ length: plan.loadKeys }, (_, index) => buildApiKey('load', index)),
    async stop() {
      await Promise.all(nodes.map((node) => node.stop()));
      await control.stop();
      await fleet.cleanUp();
      await simulator.stop();
    },
  };
}

async function listDoomed(admin: TollgateClient): Promise<DoomedKey[]> {
  const doomed: DoomedKey[] = [];
  let cursor: string | null = null;
  do {
    const page: Awaited<ReturnType<typeof admin.keys.list.query>> = await admin.keys.list.query({
      limit: PAGE_ROWS,
      cursor,
    });
    for (const { id, name } of page.items)
      if (name.startsWith('doomed-'))
        doomed.push({ id, plainKey: buildApiKey('doomed', Number(name.slice(7))) });
    cursor = page.nextCursor;
  } while (cursor !== null);
  return doomed;
}

function buildRevocationConfig(url: string, plan: RevocationPlan): string {
  const users = Math.ceil((plan.keys + plan.loadKeys) / KEYS_OF_USER);
  const email = (index: number): string => `u${index % users}@example.com`;
  const buildKeys = (kind: 'doomed' | 'load', count: number) =>
    Array.from({ length: count }, (_, index) => ({
      user: email(index),
      name: `${kind}-${index}`,
      groups: ['main'],
      key: buildApiKey(kind, index),
    }));
  return buildConfig({
    accounts: [{ name: 'a', base_url: url, concurrency: 0 }],
    users: Array.from({ length: users }, (_, index) => ({
      email: email(index),
      balance: '100000',
      concurrency: 0,
      rpm: 0,
    })),
    keys: [...buildKeys('doomed', plan.keys), ...buildKeys('load', plan.loadKeys)],
  });
}
