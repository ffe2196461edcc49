import type { AccountReport } from '@tollgate/core';
import { Redis } from 'ioredis';
import { afterEach, beforeEach, describe, expect, inject, it } from 'vitest';
import { accountId, askAccounts, candidate, takenOf } from '../contract/harness.ts';
import type { Store } from '../port.ts';
import { randomPrefix, startNode } from './redis-harness.ts';

const X = accountId('x');
const SESSION = { session: 's', sticky: { name: 'b', ttlMs: 60_000 } };
const failure: AccountReport = { accountId: X, upstreamModel: null, kind: 'failure', reason: 'r' };
const block: AccountReport = {
  accountId: X,
  upstreamModel: null,
  kind: 'block',
  state: 'paused',
  untilMs: 60_000,
  reason: 'r',
};

describe('what another version has written', () => {
  const admin = new Redis(inject('redisUrl'));
  let prefix: string;
  let store: Store;
  beforeEach(() => {
    prefix = randomPrefix();
    store = startNode(inject('redisUrl'), prefix, { callTimeoutMs: 10_000 });
  });
  afterEach(() => store.close());

  it.each([
    'garbage',
    '',
    '{"kind":"paused"}',
    'unheard-of|1|9999999999999|0|1||r',
    'paused|x|9999999999999|0|1||r',
    'paused|1|-9|0|1||r',
  ])('[ACC-4] a state %j is no state, and is overwritten', async (text) => {
    await admin.hset(`${prefix}{acc}:states`, { [X]: text, [`${X}|m`]: text });
    expect(takenOf(await store.takeAccount(askAccounts([candidate('x', 0)]))).isProbe).toBe(false);
    expect(await store.listAccountStates([X])).toEqual([]);
    store.reportAccount(block);
    expect(await store.listAccountStates([X])).toMatchObject([{ kind: 'paused' }]);
    await store.clearAccountState(X);
    expect(takenOf(await store.takeAccount(askAccounts([candidate('x', 0)]))).isProbe).toBe(false);
  });

  it('[ACC-4] states and breakers of a foreign type do not fail the turn', async () => {
    await admin.set(`${prefix}{acc}:states`, 'x');
    await admin.set(`${prefix}{acc}:health:${X}`, 'x');
    expect((await store.takeAccount(askAccounts([candidate('x', 0)], SESSION))).taken).toBe(true);
    await admin.set(`${prefix}{acc}:states`, 'x');
    expect(await store.listAccountStates([X])).toEqual([]);
    for (let time = 0; time < 5; time += 1) store.reportAccount(failure);
    expect(await store.takeAccount(askAccounts([candidate('x', 0)]))).toMatchObject({
      exclusions: [{ reason: 'breaker-open' }],
    });
  });

  it('[ACC-3] a breaker and a strike that nobody can read begin anew', async () => {
    await admin.hset(`${prefix}{acc}:health:${X}`, { 'b|': 'nonsense:1;', 's|': 'never' });
    store.reportAccount({ ...failure, kind: 'strike', reason: 'r' });
    for (let time = 0; time < 4; time += 1) store.reportAccount(failure);
    expect((await store.takeAccount(askAccounts([candidate('x', 0)]))).taken).toBe(true);
    store.reportAccount(failure);
    expect((await store.takeAccount(askAccounts([candidate('x', 0)]))).taken).toBe(false);
  });

  it('[LIM-8] a figure without its end, or that is no number, is not known', async () => {
    const limited = candidate('x', 0, { windowCost: { limit: '5', reserve: '5' } });
    await admin.hset(`${prefix}{acc}:wcost:${X}`, { c: '7' });
    expect(await store.takeAccount(askAccounts([limited]))).toMatchObject({ reason: 'window-cost-unknown' });
    expect(await store.readWindowCosts([X])).toEqual([null]);
  });

  it('[SEL-4] a binding to an account that is not offered is no binding', async () => {
    await admin.set(`${prefix}{acc}:sticky:b`, 'acc_unheard_of');
    expect(takenOf(await store.takeAccount(askAccounts([candidate('x', 0)], SESSION))).isSticky).toBe(false);
  });

  it('[ACC-5] windows that are no JSON are left out', async () => {
    await admin.hset(`${prefix}{acc}:windows`, { [`${X}|5h`]: '{', [`${X}|7d`]: 'null' });
    expect(await store.listUpstreamWindows([X])).toEqual([[]]);
  });
});
