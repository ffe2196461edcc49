import { picoUsd } from '@tollgate/core';
import { startRedisServer, type RedisServer } from '@tollgate/testkit';
import { Redis } from 'ioredis';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { accountHolder, accountId, askAccounts, candidate, takenOf } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { CALL_TIMEOUT_MS, randomPrefix, startNode } from './redis-harness.ts';

const BACK = { timeout: 30_000, interval: 25 };
const X = accountId('x');
const WAIT = { stickyMax: 3, stickyTimeoutMs: 45_000, max: 100, timeoutMs: 30_000 };
const isBack = (store: Store) => vi.waitFor(() => store.ping(), BACK);

describe('accounts when Redis fails', () => {
  let server: RedisServer;
  let prefix: string;
  const stores: Store[] = [];
  const start = (): Store => {
    const store = startNode(server.url, prefix);
    stores.push(store);
    return store;
  };
  beforeAll(async () => void (server = await startRedisServer()));
  beforeEach(() => void (prefix = randomPrefix()));
  afterEach(async () => {
    server.signal('SIGCONT');
    await Promise.all(stores.splice(0).map((store) => store.close()));
  });
  afterAll(() => server.stop());

  it('[SEL-3] a place that Redis gave too late is given back', async () => {
    const store = start();
    const { lease } = takenOf(await store.takeAccount(askAccounts([candidate('x')])));
    server.signal('SIGSTOP');
    const late = store.takeAccount(askAccounts([candidate('x')], { wait: WAIT }));
    await expect(late).rejects.toThrow(`within ${CALL_TIMEOUT_MS} ms`);
    server.signal('SIGCONT');
    await isBack(store);
    store.release([lease]);
    await vi.waitFor(async () => expect(await store.countSlots(accountHolder('x'))).toBe(0), BACK);
    expect((await store.takeAccount(askAccounts([candidate('x')]))).taken).toBe(true);
  });

  it('[ACC-3] a probe that Redis gave too late makes room for another at once', async () => {
    const store = start();
    const error = { kind: 'block', state: 'error', untilMs: 0, reason: 'r' } as const;
    store.reportAccount({ accountId: X, upstreamModel: null, ...error });
    await store.ping();
    server.signal('SIGSTOP');
    const late = store.takeAccount(askAccounts([candidate('x')]));
    await expect(late).rejects.toThrow(`within ${CALL_TIMEOUT_MS} ms`);
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => {
      expect(await store.countSlots(accountHolder('x'))).toBe(0);
      expect(await store.listAccountStates([X])).toMatchObject([{ kind: 'error', isProbing: false }]);
    }, BACK);
    expect(takenOf(await store.takeAccount(askAccounts([candidate('x')]))).isProbe).toBe(true);
  });

  it('[LIM-8] a cost that may be lost drops the figure, which is asked for anew', async () => {
    const store = start();
    const limited = candidate('x', 0, { windowCost: { limit: '100', reserve: '0' } });
    const asked = await store.takeAccount(askAccounts([limited]));
    const token = 'seedTokens' in asked ? (asked.seedTokens[0] ?? '') : '';
    const nowMs = Date.now();
    await store.seedWindowCost(X, { startMs: nowMs, endMs: nowMs + 3_600_000 }, picoUsd(5n), token);
    server.signal('SIGSTOP');
    await expect(store.ping()).rejects.toThrow();
    store.addWindowCost(X, picoUsd(7n));
    await expect(store.countSlots(accountHolder('x'))).rejects.toThrow();
    server.signal('SIGCONT');
    await isBack(store);
    await vi.waitFor(async () => expect(await store.readWindowCosts([X])).toEqual([null]), BACK);
    expect(await store.takeAccount(askAccounts([limited]))).toMatchObject({ reason: 'window-cost-unknown' });
  });

  it('[ACC-4] [SEL-4] [LIM-7] flushed: accounts are clean, sessions are bound and counted anew', async () => {
    const store = start();
    const account = candidate('x', 0, { sessionsMax: 1, sessionIdleMs: 60_000 });
    const request = askAccounts([account], { session: 's', sticky: { name: 'b', ttlMs: 60_000 } });
    await store.takeAccount(request);
    store.reportAccount({
      accountId: X,
      upstreamModel: null,
      kind: 'block',
      state: 'paused',
      untilMs: 60_000,
      reason: 'r',
    });
    const [before] = await store.listAccountStates([X]);
    const admin = new Redis(server.url);
    await admin.flushall();
    admin.disconnect();
    expect(await store.listAccountStates([X])).toEqual([]);
    expect(takenOf(await store.takeAccount(request))).toMatchObject({
      isSticky: false,
      registeredSession: { session: 's' },
    });
    store.reportAccount({ accountId: X, upstreamModel: null, kind: 'strike', reason: 'r' });
    store.reportAccount({ accountId: X, upstreamModel: null, kind: 'strike', reason: 'r' });
    expect((await store.listAccountStates([X]))[0]?.version).toBeGreaterThan(before?.version ?? Infinity);
  });

  it('[LIM-11] closed: what is waited for is refused, the rest is silent', async () => {
    const store = start();
    await store.close();
    await expect(store.takeAccount(askAccounts([candidate('x')]))).rejects.toThrow('closed');
    await expect(store.listAccountStates([X])).rejects.toThrow('closed');
    await expect(store.clearSticky('all')).rejects.toThrow('closed');
    store.addWindowCost(X, picoUsd(1n));
    store.reportAccount({ accountId: X, upstreamModel: null, kind: 'success' });
    store.releaseSession({ accountId: X, session: 's', untilMs: 1 });
    store.refreshSession(X, 's', 1);
    store.noteUpstreamWindows(X, []);
  });
});
