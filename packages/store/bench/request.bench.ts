/** What the store costs the loop for one request: admit with a hold, take an account, settle, release three leases. */
import { picoUsd, type AccountId, type GroupId, type KeyId, type NodeId, type UserId } from '@tollgate/core';
import { startRedisServer } from '@tollgate/testkit';
import type { AdmitRequest } from '../src/port.ts';
import { createRedisStore } from '../src/redis/redis-store.ts';
import { compareCpu } from './paired-rounds.ts';

const userId = 'usr_01J8ZD6W3N0000000000000001' as UserId;
const keyId = 'key_01J8ZD6W3N0000000000000001' as KeyId;
const groupId = 'grp_01J8ZD6W3N0000000000000001' as GroupId;
const LIMIT = 1_000_000_000;
const BALANCE = { kind: 'balance', userId } as const;
const request: AdmitRequest = {
  userId,
  windows: [
    { subject: { kind: 'user', userId }, unit: 'requests', shape: 'fixed', limit: LIMIT, cost: 1 },
    {
      subject: { kind: 'user-group', userId, groupId },
      unit: 'requests',
      shape: 'fixed',
      limit: LIMIT,
      cost: 1,
    },
  ],
  money: { hold: picoUsd(1_000n), purses: [{ purse: BALANCE, limit: null }], note: null },
  checksTokenQuota: false,
  slots: [
    { holder: { kind: 'user', userId }, max: 1_000 },
    { holder: { kind: 'key', userId, keyId }, max: 1_000 },
  ],
  queue: null,
};
const candidates = Array.from({ length: 5 }, (_, index) => ({
  accountId: `acc_01J8ZD6W3N000000000000000${index}` as AccountId,
  max: 1_000,
  priority: 50,
  upstreamModel: 'claude',
  sessionsMax: 0,
  sessionIdleMs: 0,
  windowCost: null,
}));

const take = { candidates, userId, weight: 1, sticky: null, session: null, wait: null };

const server = await startRedisServer();
const store = createRedisStore({ url: server.url, nodeId: 'nod_bench' as NodeId, callTimeoutMs: 5_000 });
const unknown = await store.admit(request);
if (!unknown.admitted && unknown.reason === 'purses-unknown') {
  const seed = { purse: BALANCE, amount: picoUsd(10n ** 18n), startMs: null };
  await store.seedPurses(userId, [seed], 3_600_000, unknown.seedToken);
}

async function serve(): Promise<void> {
  const admitted = await store.admit(request);
  const taken = await store.takeAccount(take);
  if (!admitted.admitted || admitted.hold === null || !taken.taken) throw new Error('refused');
  store.settleHold(admitted.hold, picoUsd(1n));
  store.release([...admitted.leases, taken.lease]);
}

const serveMany = (count: number) => () => Promise.all(Array.from({ length: count }, serve));

await compareCpu([{ name: 'one request at a time, per request', run: serve }], {
  rounds: 15,
  runsPerRound: 2_000,
});
await compareCpu([{ name: 'four at a time, per four requests', run: serveMany(4) }], {
  rounds: 15,
  runsPerRound: 500,
});

await store.close();
await server.stop();
