/**
 * What one request costs the gateway's thread and Redis: admit, take an account, release both; nobody waits.
 * Run: node packages/store/bench/admission.bench.ts [the index.ts of another checkout's packages/store/src]
 * With a second store both run in turns, round by round, and the last column is the median of the paired ratios.
 */
import { pathToFileURL } from 'node:url';
import type { AccountId, NodeId, UserId } from '@tollgate/core';
import { startRedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { createRedisStore, type AdmitRequest, type Store } from '../src/index.ts';

const ROUNDS = 9;
const REQUESTS = 20_000;
const USERS = 1_000;
const ACCOUNTS = 50;
const AT_ONCE = [1, 8, 64];

interface Cost {
  gatewayUs: number;
  redisUs: number;
}

const server = await startRedisServer();
const admin = new Redis(server.url);
const other = process.argv[2];
const stores: [string, Store][] = [['here', openStore(createRedisStore, 'here')]];
if (other !== undefined) {
  const theirs = (await import(pathToFileURL(other).href)) as { createRedisStore: typeof createRedisStore };
  stores.push(['there', openStore(theirs.createRedisStore, 'there')]);
}

function openStore(create: typeof createRedisStore, name: string): Store {
  return create({
    url: server.url,
    prefix: `${name}:`,
    nodeId: `nod_${name}` as NodeId,
    callTimeoutMs: 5_000,
  });
}

const candidates = Array.from({ length: ACCOUNTS }, (_, index) => ({
  accountId: `acc_${index}` as AccountId,
  max: 100,
  priority: index % 2,
}));

/** `rpm` is what the store was asked before it knew windows. */
function buildRequest(index: number): AdmitRequest & { rpm: object[] } {
  const userId = `usr_${index % USERS}` as UserId;
  const subject = { kind: 'user' as const, userId };
  return {
    userId,
    windows: [{ subject, unit: 'requests', shape: 'fixed', limit: 1_000_000, cost: 1 }],
    rpm: [{ subject, limit: 1_000_000 }],
    balanceOf: null,
    checksTokenQuota: false,
    slots: [{ holder: subject, max: 100 }],
    queue: { max: 100, timeoutMs: 60_000 },
  };
}

async function serve(store: Store, index: number): Promise<void> {
  const admitted = await store.admit(buildRequest(index));
  const taken = await store.takeAccount({ candidates });
  if (!admitted.admitted || !taken.taken) throw new Error('a request of the benchmark was refused');
  store.release([...admitted.leases, taken.lease]);
}

async function measure(store: Store, atOnce: number, requests: number): Promise<Cost> {
  const redisBefore = await readRedisCpuUs();
  const before = process.threadCpuUsage();
  let next = 0;
  const loop = async () => {
    while (next < requests) await serve(store, (next += 1));
  };
  await Promise.all(Array.from({ length: atOnce }, loop));
  const used = process.threadCpuUsage(before);
  await store.ping();
  return {
    gatewayUs: (used.user + used.system) / requests,
    redisUs: ((await readRedisCpuUs()) - redisBefore) / requests,
  };
}

async function readRedisCpuUs(): Promise<number> {
  const info = await admin.info('cpu');
  const read = (name: string) => Number(new RegExp(`^${name}:(.+)$`, 'm').exec(info)?.[1] ?? Number.NaN);
  return (read('used_cpu_user_main_thread') + read('used_cpu_sys_main_thread')) * 1e6;
}

function median(numbers: number[]): number {
  return numbers.toSorted((a, b) => a - b)[Math.floor(numbers.length / 2)] ?? Number.NaN;
}

process.stdout.write('at once  part      µs a request, median of each store      ratio here/there\n');
for (const atOnce of AT_ONCE) {
  const requests = atOnce === 1 ? REQUESTS / 4 : REQUESTS;
  for (const [, store] of stores) await measure(store, atOnce, requests / 4);
  const costs: Cost[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inTurn = round % 2 === 0 ? stores : stores.toReversed();
    const measured = new Map<Store, Cost>();
    for (const [, store] of inTurn) measured.set(store, await measure(store, atOnce, requests));
    costs.push(
      stores.map(([, store]) => measured.get(store) ?? { gatewayUs: Number.NaN, redisUs: Number.NaN }),
    );
  }
  for (const part of ['gatewayUs', 'redisUs'] as const) {
    const medians = stores.map((_, index) =>
      median(costs.map((round) => round[index]?.[part] ?? Number.NaN)),
    );
    const ratio = median(costs.map(([here, there]) => (here?.[part] ?? 0) / (there?.[part] ?? Number.NaN)));
    const columns = stores.map(([name], index) => `${name} ${medians[index]?.toFixed(1)}`).join('   ');
    const shown = Number.isNaN(ratio) ? '' : ratio.toFixed(3);
    process.stdout.write(`${String(atOnce).padStart(7)}  ${part.padEnd(9)} ${columns.padEnd(40)} ${shown}\n`);
  }
}
for (const [, store] of stores) await store.close();
admin.disconnect();
await server.stop();
