/** What the store costs the loop for one request: admit, take an account, release three leases, debit. */
import { picoUsd, type AccountId, type GroupId, type KeyId, type NodeId, type UserId } from '@tollgate/core';
import { startRedisServer } from '@tollgate/testkit';
import type { AdmitRequest } from '../src/port.ts';
import { createRedisStore } from '../src/redis/redis-store.ts';
import { compareCpu } from './paired-rounds.ts';

const userId = 'usr_01J8ZD6W3N0000000000000001' as UserId;
const keyId = 'key_01J8ZD6W3N0000000000000001' as KeyId;
const groupId = 'grp_01J8ZD6W3N0000000000000001' as GroupId;
const request: AdmitRequest = {
  rpm: [
    { subject: { kind: 'user', userId }, limit: 1_000_000_000 },
    { subject: { kind: 'group', userId, groupId }, limit: 1_000_000_000 },
  ],
  balanceOf: userId,
  slots: [
    { holder: { kind: 'user', userId }, max: 1_000 },
    { holder: { kind: 'key', userId, keyId }, max: 1_000 },
  ],
};
const candidates = Array.from({ length: 5 }, (_, index) => ({
  accountId: `acc_01J8ZD6W3N000000000000000${index}` as AccountId,
  max: 1_000,
  priority: 50,
}));

const server = await startRedisServer();
const store = createRedisStore({ url: server.url, nodeId: 'nod_bench' as NodeId, callTimeoutMs: 5_000 });
const unknown = await store.admit(request);
if (!unknown.admitted && unknown.reason === 'balance-unknown') {
  await store.seedBalance(userId, picoUsd(10n ** 18n), 3_600_000, unknown.seedToken);
}

async function serve(): Promise<void> {
  const admitted = await store.admit(request);
  const taken = await store.takeAccount({ candidates });
  if (!admitted.admitted || !taken.taken) throw new Error('refused');
  store.debitBalance(userId, picoUsd(1n));
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
