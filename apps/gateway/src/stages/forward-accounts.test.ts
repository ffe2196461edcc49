import { TollgateError, type AccountId, type AccountSnapshot } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import {
  ACCOUNT_ID,
  buildAccount,
  buildGroup,
  buildKey,
  buildPool,
  GROUP_ID,
} from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, type FakeCall } from '../testing/fake-upstream.ts';
import { overrideStore } from '../testing/override-store.ts';
import { forward } from './forward.ts';

const ANSWER = { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } };
const OAUTH = { kind: 'oauth', sealedCredentials: '{"access_token":"old"}' } as const;

function setUp(
  changes: Partial<AccountSnapshot> = {},
  platform: 'anthropic' | 'gemini' = 'anthropic',
  count = 1,
) {
  const services = buildServices();
  const ids =
    count === 1 ? [ACCOUNT_ID] : Array.from({ length: count }, (_, index) => `acc_${index}` as AccountId);
  const accounts = ids.map((id) => buildAccount({ id, platform, sessionsMax: 3, ...changes }));
  services.source.pools.set(GROUP_ID, buildPool(accounts));
  const refreshed: AccountSnapshot[] = [];
  let fresh: string | null = 'new';
  services.tokenRefresher.refresh = async (account) => {
    refreshed.push(account);
    return fresh === null ? null : { ...account, sealedCredentials: `{"access_token":"${fresh}"}` };
  };
  const { context, writer } = buildParsedContext({}, buildKey({ groups: [buildGroup({ platform })] }));
  const released: unknown[] = [];
  const { store } = services;
  services.store = overrideStore(store, {
    releaseSession(registration) {
      released.push(registration);
      store.releaseSession(registration);
    },
  });
  const script = (...answers: ((call: FakeCall) => void)[]) => {
    services.upstream.answer = (call) => (answers.length > 1 ? answers.shift() : answers[0])?.(call);
  };
  const listTokens = () => services.upstream.calls.map(({ request }) => request.headers['authorization']);
  return {
    services,
    context,
    writer,
    script,
    refreshed,
    released,
    listTokens,
    failRefresh: () => (fresh = null),
    run: () => forward(context, services),
    countSessions: async () => (await services.store.countSessions([ids[0] ?? ACCOUNT_ID]))[0],
    countHeld: () => services.store.countSlots({ kind: 'account', accountId: ids[0] ?? ACCOUNT_ID }),
    listStates: () => services.store.listAccountStates(ids),
  };
}

describe('forward: a refused token', () => {
  it('[ACC-3] is refreshed once, and the same account answers', async () => {
    const { run, script, writer, refreshed, listTokens, countSessions, countHeld, listStates } = setUp(OAUTH);
    script(answerJson(401, {}), answerJson(200, ANSWER));
    expect(await run()).toBeNull();
    expect([writer.status, writer.headers['x-tollgate-attempts']]).toEqual([200, '2']);
    expect(listTokens()).toEqual(['Bearer old', 'Bearer new']);
    expect(refreshed).toHaveLength(1);
    // The session that the second try was accepted with is live.
    expect([await countSessions(), await countHeld(), await listStates()]).toEqual([1, 0, []]);
  });

  it('[ACC-3] is not refreshed twice: a strike, and the second of an hour is an error', async () => {
    const { run, script, refreshed, countSessions, listStates, services } = setUp(OAUTH);
    script(answerJson(401, {}));
    expect(await run()).toMatchObject({ code: 'upstream_error', status: 502 });
    expect([refreshed.length, services.upstream.calls.length, await countSessions()]).toEqual([1, 2, 0]);
    expect(await listStates()).toEqual([]);
    expect(await run()).toMatchObject({ code: 'upstream_error' });
    expect(await listStates()).toMatchObject([{ kind: 'error' }]);
  });

  it('[ACC-3] that cannot be refreshed fails the account; its session goes', async () => {
    const { run, script, failRefresh, services, countSessions, countHeld } = setUp(OAUTH);
    failRefresh();
    script(answerJson(401, {}));
    expect(await run()).toMatchObject({ code: 'upstream_error' });
    expect([services.upstream.calls.length, await countSessions(), await countHeld()]).toEqual([1, 0, 0]);
  });

  it('[REQ-7] a client that leaves during the refresh: nothing is sent, nothing held', async () => {
    const { run, script, writer, services, countSessions, countHeld } = setUp(OAUTH);
    services.tokenRefresher.refresh = async (account) => {
      writer.leave();
      return account;
    };
    script(answerJson(401, {}));
    expect(await run()).toBeNull();
    expect([services.upstream.calls.length, await countSessions(), await countHeld()]).toEqual([1, 0, 0]);
  });

  it('[ACC-3] of an api key is not refreshed', async () => {
    const { run, script, refreshed } = setUp();
    script(answerJson(401, {}));
    await run();
    expect(refreshed).toEqual([]);
  });
});

describe('forward: a session is undone once, or kept', () => {
  it.each([
    ['401, then an answer with a fresh token', [answerJson(401, {}), answerJson(200, ANSWER)], 0],
    ['401 twice', [answerJson(401, {})], 1],
    ['401, then the client’s own mistake', [answerJson(401, {}), answerJson(400, {})], 1],
    ['401, then no connection', [answerJson(401, {}), answerFault], 1],
    ['the client’s own mistake', [answerJson(400, {})], 1],
    ['no connection', [answerFault], 1],
    ['an answer', [answerJson(200, ANSWER)], 0],
  ])('[LIM-7] %s', async (_, answers, undone) => {
    const { run, script, released, countSessions } = setUp(OAUTH);
    script(...answers);
    await run();
    expect([released.length, await countSessions()]).toEqual([undone, 1 - undone]);
  });

  it('[LIM-7] a refresh that fails', async () => {
    const { run, script, released, failRefresh } = setUp(OAUTH);
    failRefresh();
    script(answerJson(401, {}));
    await run();
    expect(released).toHaveLength(1);
  });
});

describe('forward: sessions that no upstream accepted', () => {
  it('[LIM-7] an account that cannot be opened keeps none', async () => {
    const { run, countSessions } = setUp({ sealedCredentials: 'damaged' });
    await run();
    expect(await countSessions()).toBe(0);
  });

  it('[LIM-7] a full journal keeps none', async () => {
    const { run, services, countSessions, countHeld } = setUp();
    services.journal.isFull = true;
    await expect(run()).rejects.toThrow(TollgateError);
    expect([await countSessions(), await countHeld()]).toEqual([0, 0]);
  });

  it('[LIM-7] [REQ-7] a client that left while the slot was taken keeps none', async () => {
    const { run, services, writer, countSessions } = setUp();
    const { store } = services;
    services.store = overrideStore(store, {
      async takeAccount(request) {
        const taken = await store.takeAccount(request);
        writer.leave();
        return taken;
      },
    });
    await run();
    expect(await countSessions()).toBe(0);
  });

  it.each([
    ['a refusal of the client’s own mistake', answerJson(400, {}), 0],
    ['an upstream that fails', answerFault, 0],
    ['an answer', answerJson(200, ANSWER), 1],
  ])('[LIM-7] after %s: %i live', async (_, answer, live) => {
    const { run, script, countSessions } = setUp();
    script(answer);
    await run();
    expect(await countSessions()).toBe(live);
  });
});

describe('forward: switches', () => {
  it('[SEL-5] at most 3 on a gemini group', async () => {
    const { run, script, services } = setUp({}, 'gemini', 6);
    script(answerFault);
    expect(await run()).toMatchObject({ code: 'upstream_error' });
    expect(services.upstream.calls).toHaveLength(4);
  });
});
