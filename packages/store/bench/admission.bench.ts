/**
 * What one request costs the gateway's thread and Redis: admit (a window, two slots, money), settle, release; nobody
 * waits. Run: node packages/store/bench/admission.bench.ts [the index.ts of another checkout's packages/store/src]
 * With a second store both run in turns, round by round, and the last column is the median of the paired ratios. Each
 * line is one kind of money: none, a balance of which nothing is held, a balance with a hold and a note, and the same
 * with three windows of the key. A store of the time before holds is asked for its balance in every line but the first.
 */
import { pathToFileURL } from 'node:url';
import { picoUsd, type KeyId, type NodeId, type PicoUsd, type UserId } from '@tollgate/core';
import { startRedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { createRedisStore, type AdmitRequest, type MoneyRequest, type Store } from '../src/index.ts';

const ROUNDS = 9;
const REQUESTS = 10_000;
const USERS = 500;
const AT_ONCE = [1, 16];
const KINDS = ['none', 'balance', 'held', 'windows'] as const;
type Kind = (typeof KINDS)[number];

/** The store as it was before holds. */
interface OldStore {
  seedBalance?(userId: UserId, balance: PicoUsd, ttlMs: number, seedToken: string): Promise<void>;
  debitBalance?(userId: UserId, amount: PicoUsd): void;
}
type AnyStore = Store & OldStore;

interface Cost {
  gatewayUs: number;
  redisUs: number;
}

const RICH = picoUsd(10n ** 18n);
const ONE = picoUsd(1n);
const NOTE = JSON.stringify({ attempt: 'att_'.padEnd(30, '0'), model: 'claude', more: 'x'.repeat(200) });

const server = await startRedisServer();
const admin = new Redis(server.url);
const other = process.argv[2];
const stores: [string, AnyStore][] = [['here', openStore(createRedisStore, 'here')]];
if (other !== undefined) {
  const theirs = (await import(pathToFileURL(other).href)) as { createRedisStore: typeof createRedisStore };
  stores.push(['there', openStore(theirs.createRedisStore, 'there')]);
}

function openStore(create: typeof createRedisStore, name: string): AnyStore {
  const nodeId = `nod_${name}` as NodeId;
  return create({ url: server.url, prefix: `${name}:`, nodeId, callTimeoutMs: 5_000 });
}

function buildMoney(kind: Kind, userId: UserId, keyId: KeyId): MoneyRequest | null {
  if (kind === 'none') return null;
  const balance = { purse: { kind: 'balance' as const, userId }, limit: null };
  if (kind === 'balance') return { hold: picoUsd(0n), purses: [balance], note: null };
  const windows = kind === 'windows' ? (['5h', '1d', '7d'] as const) : [];
  const own = windows.map((window) => ({
    purse: { kind: 'key' as const, userId, keyId, window },
    limit: RICH,
  }));
  return { hold: picoUsd(30_000_000_000n), purses: [balance, ...own], note: NOTE };
}

/** `balanceOf` is what the store was asked before it knew holds. */
function buildRequest(index: number, kind: Kind): AdmitRequest & { balanceOf: UserId | null } {
  const userId = `usr_${(index % USERS).toString().padStart(26, '0')}` as UserId;
  const keyId = `key_${(index % USERS).toString().padStart(26, '0')}` as KeyId;
  const subject = { kind: 'user' as const, userId };
  return {
    userId,
    windows: [{ subject, unit: 'requests', shape: 'fixed', limit: 1_000_000, cost: 1 }],
    money: buildMoney(kind, userId, keyId),
    balanceOf: kind === 'none' ? null : userId,
    checksTokenQuota: false,
    slots: [
      { holder: subject, max: 100 },
      { holder: { kind: 'key', userId, keyId }, max: 100 },
    ],
    queue: { max: 100, timeoutMs: 60_000 },
  };
}

async function serve(store: AnyStore, index: number, kind: Kind): Promise<void> {
  const request = buildRequest(index, kind);
  const admitted = await store.admit(request);
  if (!admitted.admitted) {
    await seed(store, request, admitted);
    return serve(store, index, kind);
  }
  if (admitted.hold) store.settleHold(admitted.hold, ONE);
  else if (request.balanceOf !== null) store.debitBalance?.(request.userId, ONE);
  store.release(admitted.leases);
}

async function seed(store: AnyStore, { userId, money }: AdmitRequest, refusal: object): Promise<void> {
  if (!('seedToken' in refusal) || !money) throw new Error(`refused: ${JSON.stringify(refusal)}`);
  const token = String(refusal.seedToken);
  if (store.seedBalance) return store.seedBalance(userId, RICH, 3_600_000, token);
  const seeds = money.purses.map(({ purse }) => ({
    purse,
    amount: purse.kind === 'balance' ? RICH : picoUsd(0n),
    startMs: null,
  }));
  await store.seedPurses(userId, seeds, 3_600_000, token);
}

async function measure(store: AnyStore, kind: Kind, atOnce: number, requests: number): Promise<Cost> {
  const redisBefore = await readRedisCpuUs();
  const before = process.threadCpuUsage();
  let next = 0;
  const loop = async () => {
    while (next < requests) await serve(store, (next += 1), kind);
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

async function compare(kind: Kind, atOnce: number): Promise<void> {
  const requests = atOnce === 1 ? REQUESTS / 4 : REQUESTS;
  for (const [, store] of stores) await measure(store, kind, atOnce, requests / 2);
  const costs: Cost[][] = [];
  for (let round = 0; round < ROUNDS; round += 1) {
    const inTurn = round % 2 === 0 ? stores : stores.toReversed();
    const measured = new Map<AnyStore, Cost>();
    for (const [, store] of inTurn) measured.set(store, await measure(store, kind, atOnce, requests));
    costs.push(
      stores.map(([, store]) => measured.get(store) ?? { gatewayUs: Number.NaN, redisUs: Number.NaN }),
    );
  }
  for (const part of ['gatewayUs', 'redisUs'] as const) print(kind, atOnce, part, costs);
}

function print(kind: Kind, atOnce: number, part: keyof Cost, costs: Cost[][]): void {
  const medians = stores.map((_, index) => median(costs.map((round) => round[index]?.[part] ?? Number.NaN)));
  const ratio = median(costs.map(([here, there]) => (here?.[part] ?? 0) / (there?.[part] ?? Number.NaN)));
  const columns = stores.map(([name], index) => `${name} ${medians[index]?.toFixed(1)}`).join('   ');
  const shown = Number.isNaN(ratio) ? '' : ratio.toFixed(3);
  const line = `${kind.padEnd(8)} ${String(atOnce).padStart(7)}  ${part.padEnd(9)} ${columns.padEnd(32)} ${shown}\n`;
  process.stdout.write(line);
}

process.stdout.write('money    at once  part      µs a request, median of each store ratio here/there\n');
for (const atOnce of AT_ONCE) for (const kind of KINDS) await compare(kind, atOnce);
for (const [, store] of stores) await store.close();
admin.disconnect();
await server.stop();
