import { DEFAULT_DEADLINES, type AccountId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, buildPool, GROUP_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, type FakeCall } from '../testing/fake-upstream.ts';
import { overrideStore } from '../testing/override-store.ts';
import { translateAttempt } from '../translation/translate-attempt.ts';
import { forward } from './forward.ts';

const ANSWER = { id: 'msg_1', usage: { input_tokens: 1, output_tokens: 1 } };

function setUp(accounts: number, totalMs = DEFAULT_DEADLINES.totalMs) {
  const services = buildServices();
  const ids = Array.from({ length: accounts }, (_, index) => `acc_${String(index).padStart(2, '0')}`);
  services.source.pools.set(
    GROUP_ID,
    buildPool(ids.map((id, index) => buildAccount({ id: id as AccountId, priority: index }))),
  );
  const group = buildGroup({ deadlines: { ...DEFAULT_DEADLINES, totalMs } });
  const { context, writer } = buildParsedContext({}, buildKey({ groups: [group] }));
  const countHeld = async () => {
    let held = 0;
    for (const id of ids) {
      held += await services.store.countSlots({ kind: 'account', accountId: id as AccountId });
    }
    return held;
  };
  /** Answers the calls one after the other, the last answer again and again. */
  const script = (...answers: ((call: FakeCall) => void)[]) => {
    services.upstream.answer = (call) => (answers.length > 1 ? answers.shift() : answers[0])?.(call);
  };
  return { services, context, writer, countHeld, script, ids };
}

describe('forward', () => {
  it('[SEL-5] tries the next account, and the client sees one answer', async () => {
    const { services, context, writer, script, countHeld, ids } = setUp(3);
    script(answerFault, answerJson(529, {}), answerJson(200, ANSWER));
    expect(await forward(context, services)).toBeNull();
    expect([writer.status, writer.headers['x-tollgate-attempts']]).toEqual([200, '3']);
    expect(services.journal.closed.map(({ accountId, state }) => `${accountId} ${state}`)).toEqual([
      `${ids[0]} failed`,
      `${ids[1]} failed`,
      `${ids[2]} settled`,
    ]);
    expect(await countHeld()).toBe(0);
  });

  it('[SEL-5] at most 10 switches', async () => {
    const { services, context, script, countHeld } = setUp(12);
    script(answerFault);
    expect(await forward(context, services)).toMatchObject({ code: 'upstream_error' });
    expect(services.upstream.calls).toHaveLength(11);
    expect(await countHeld()).toBe(0);
  });

  it('[REQ-6] no account left: the failures speak, not the lack of accounts', async () => {
    const { services, context, script } = setUp(2);
    script(answerJson(429, {}, { 'retry-after': '9' }), answerJson(429, {}, { 'retry-after': '4' }));
    expect(await forward(context, services)).toMatchObject({
      code: 'upstream_rate_limited',
      retryAfterMs: 4_000,
    });
  });

  it('no account at all', async () => {
    const { services, context } = setUp(0);
    expect(await forward(context, services)).toMatchObject({ code: 'no_account', status: 503 });
  });

  it('an account that cannot be opened is passed over, and told in the log', async () => {
    const { services, context, writer, script, countHeld } = setUp(2);
    const [broken] = services.source.pools.get(GROUP_ID)?.accounts ?? [];
    if (broken) broken.sealedCredentials = 'damaged';
    script(answerJson(200, ANSWER));
    expect(await forward(context, services)).toBeNull();
    expect([writer.status, services.journal.opened.length, await countHeld()]).toEqual([200, 1, 0]);
    expect(services.logger.lines).toMatchObject([
      { level: 'error', message: 'account cannot be opened', detail: { accountId: broken?.id } },
    ]);
  });

  it('[REQ-5] only accounts that cannot be opened: 502 that tells nothing of it', async () => {
    const { services, context, countHeld } = setUp(1);
    for (const account of services.source.pools.get(GROUP_ID)?.accounts ?? []) {
      account.sealedCredentials = 'damaged';
    }
    expect(await forward(context, services)).toMatchObject({ status: 502, message: 'The upstream failed.' });
    expect([services.journal.opened.length, await countHeld()]).toEqual([0, 0]);
  });

  it('[REQ-7] begins nothing after the request’s own deadline', async () => {
    const { services, context, script, countHeld } = setUp(3, 5_000);
    script((call) => {
      services.clock.advance(5_000);
      answerFault(call);
    });
    expect(await forward(context, services)).toMatchObject({ code: 'upstream_timeout' });
    expect([services.upstream.calls.length, await countHeld()]).toEqual([1, 0]);
  });

  it('[REQ-7] a client that left while the slot was taken: nothing is sent, the slot comes back', async () => {
    const { services, context, writer, countHeld } = setUp(1);
    const { store } = services;
    services.store = overrideStore(store, {
      async takeAccount(request) {
        const taken = await store.takeAccount(request);
        writer.leave();
        return taken;
      },
    });
    expect(await forward(context, services)).toBeNull();
    expect(services.upstream.calls).toEqual([]);
    expect(services.journal.opened).toEqual([]);
    expect(await countHeld()).toBe(0);
  });

  it.each(['left', 'unopened'])(
    '[LIM-7] an account that was not asked has no session of it: %s',
    async (why) => {
      const { services, context, writer, ids } = setUp(1);
      const [account] = services.source.pools.get(GROUP_ID)?.accounts ?? [];
      if (account) account.sessionsMax = 1;
      if (account && why === 'unopened') account.sealedCredentials = 'damaged';
      const { store } = services;
      let registered = 0;
      services.store = overrideStore(store, {
        async takeAccount(request) {
          const taken = await store.takeAccount(request);
          [registered = 0] = await store.countSessions([ids[0] as AccountId]);
          if (why === 'left') writer.leave();
          return taken;
        },
      });
      await forward(context, services);
      expect([registered, services.upstream.calls.length]).toEqual([1, 0]);
      expect(await store.countSessions([ids[0] as AccountId])).toEqual([0]);
    },
  );

  it('[REQ-7] a client that left with a failed attempt gets no other', async () => {
    const { services, context, writer, script } = setUp(3);
    script((call) => {
      answerFault(call);
      writer.leave();
    });
    const { store } = services;
    let picks = 0;
    services.store = overrideStore(store, {
      takeAccount: (request) => {
        picks += 1;
        return store.takeAccount(request);
      },
    });
    expect(await forward(context, services)).toBeNull();
    expect([services.upstream.calls.length, picks]).toEqual([1, 1]);
  });

  it('[REQ-1] a fault inside an attempt gives the slot back', async () => {
    const { services, context, countHeld } = setUp(1);
    const attempt = async () => Promise.reject(new Error('broken'));
    const options = { slots: true, attempt, translate: translateAttempt };
    await expect(forward(context, services, options)).rejects.toThrow('broken');
    expect(await countHeld()).toBe(0);
  });
});
