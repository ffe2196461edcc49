import { setTimeout as sleep } from 'node:timers/promises';
import type { AccountSnapshot } from '@tollgate/core';
import { createLocalStore } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { Snapshots } from './snapshots/snapshots.ts';
import { ACCOUNT_ID, buildAccount, buildPool, GROUP_ID } from './testing/build-snapshots.ts';
import { ManualClock } from './testing/manual-clock.ts';
import { MemorySource } from './testing/memory-source.ts';
import { overrideStore, rejectAsGone } from './testing/override-store.ts';
import { RecordingLogger } from './testing/recording-logger.ts';
import { TokenRefresher } from './token-refresher.ts';

const OLD = buildAccount({ kind: 'oauth', sealedCredentials: 'old' });
const NEW = buildAccount({ kind: 'oauth', sealedCredentials: 'new' });

/** Far beyond the test's own limit: where an answer comes, no machine is too slow for it. */
const PATIENT_MS = 600_000;

/** A node with the in-process store; `answer` is what the control plane does with a wish. */
async function setUp(
  answer: (() => Promise<void>) | null = null,
  changes: Parameters<typeof overrideStore>[1] = {},
  waitMs = 150,
) {
  const clock = new ManualClock();
  const logger = new RecordingLogger();
  const source = new MemorySource();
  const store = createLocalStore({ clock, logger });
  const snapshots = new Snapshots(source, store, clock, logger);
  const refresher = new TokenRefresher({
    store: overrideStore(store, changes),
    snapshots,
    logger,
    waitMs,
  });
  await store.subscribe((invalidation) => {
    snapshots.apply(invalidation);
    refresher.apply(invalidation);
  });
  const wishes: string[] = [];
  await store.onTokenRefreshRequest((id) => {
    wishes.push(id);
    void answer?.();
  });
  const change = async (accounts: AccountSnapshot[]) => {
    source.pools.set(GROUP_ID, buildPool(accounts));
    await store.publish([{ scope: 'account', accountId: ACCOUNT_ID }]);
  };
  source.pools.set(GROUP_ID, buildPool([OLD]));
  await snapshots.pools.get(GROUP_ID);
  return { refresher, store, source, wishes, change };
}

describe('token-refresher', () => {
  it('[ACC-3] asks the control plane and gives the account with its new credentials', async () => {
    const node = await setUp(() => sleep(5).then(() => node.change([NEW])), {}, PATIENT_MS);
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toMatchObject({
      id: ACCOUNT_ID,
      sealedCredentials: 'new',
    });
    expect(node.wishes).toEqual([ACCOUNT_ID]);
  });

  it('[ACC-6] a hundred requests that fail together ask once', async () => {
    const node = await setUp(() => sleep(5).then(() => node.change([NEW])), {}, PATIENT_MS);
    const all = await Promise.all(Array.from({ length: 100 }, () => node.refresher.refresh(OLD, GROUP_ID)));
    expect(all.every((account) => account?.sealedCredentials === 'new')).toBe(true);
    expect(node.wishes).toHaveLength(1);
  });

  it('[ACC-3] credentials that are already there need no wish', async () => {
    const node = await setUp();
    await node.change([NEW]);
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toMatchObject({ sealedCredentials: 'new' });
    expect(node.wishes).toEqual([]);
  });

  it('[ACC-3] nobody listens: null when the time is over, and the next one asks again', async () => {
    const node = await setUp();
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toBeNull();
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toBeNull();
    expect(node.wishes).toHaveLength(2);
  });

  it('waits on through changes that bring no other credentials, and through those of other accounts', async () => {
    const node = await setUp(
      async () => {
        await node.change([buildAccount({ ...OLD, name: 'renamed' })]);
        await node.store.publish([
          { scope: 'account', accountId: 'acc_other' },
          { scope: 'user', userId: 'usr_1' },
        ]);
        await sleep(10);
        node.source.pools.set(GROUP_ID, buildPool([NEW]));
        await node.store.publish([{ scope: 'all' }]);
      },
      {},
      PATIENT_MS,
    );
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toMatchObject({ sealedCredentials: 'new' });
  });

  it.each([
    ['switched off with an error', [buildAccount({ ...OLD, status: 'error' })]],
    ['taken out of the group', []],
  ])('[ACC-3] an account that is %s is waited for no longer', async (_name, accounts) => {
    const node = await setUp(() => node.change(accounts), {}, PATIENT_MS);
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toBeNull();
  });

  it('[LIM-11] a store that is gone is no hang; nor a database, nor a wish without answer', async () => {
    const gone = await setUp(null, { requestTokenRefresh: rejectAsGone });
    expect(await gone.refresher.refresh(OLD, GROUP_ID)).toBeNull();
    const silent = await setUp(null, { requestTokenRefresh: () => new Promise<never>(() => {}) });
    expect(await silent.refresher.refresh(OLD, GROUP_ID)).toBeNull();
    const node = await setUp(() => node.change([NEW]));
    await node.store.publish([{ scope: 'all' }]);
    node.source.isGone = true;
    expect(await node.refresher.refresh(OLD, GROUP_ID)).toBeNull();
    const stuck = await setUp();
    await stuck.store.publish([{ scope: 'all' }]);
    stuck.source.during = () => new Promise<never>(() => {});
    expect(await stuck.refresher.refresh(OLD, GROUP_ID)).toBeNull();
  });
});
