import { TollgateError, type AccountReport, type AccountSnapshot, type UserId } from '@tollgate/core';
import type { TakeAccountRequest } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { ACCOUNT_ID, buildAccount, buildPool, GROUP_ID, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import {
  answerFault,
  answerJson,
  answerStream,
  CONTENT,
  ENDING,
  type FakeCall,
} from '../testing/fake-upstream.ts';
import { overrideStore } from '../testing/override-store.ts';
import { PRELUDE } from '../testing/set-up-attempt.ts';
import { forward } from './forward.ts';

const ANSWER = answerStream([PRELUDE, CONTENT, ENDING]);
const LONG_CONTEXT = { error: { message: 'Extra usage is required for long context requests.' } };
const MODEL_LIMIT = { error: { message: `Rate limit reached for ${MODEL} in organization x.` } };
const OAUTH = { kind: 'oauth', sealedCredentials: '{"access_token":"old"}' } as const;
/** What an account in error looks like when the next request is its probe, for the first time. */
const DUE = [{ kind: 'error', upstreamModel: null, reason: 'r', backoffStep: 0, isProbing: false }];

/** Another request that comes at once. */
const NEXT: TakeAccountRequest = {
  candidates: [
    {
      accountId: ACCOUNT_ID,
      max: 1,
      priority: 0,
      upstreamModel: MODEL,
      sessionsMax: 0,
      sessionIdleMs: 1,
      windowCost: null,
    },
  ],
  userId: 'usr_2' as UserId,
  weight: 1,
  sticky: null,
  session: null,
  wait: null,
};

/** One account, in error and due for its probe, unless the test wants a clean one. */
function setUp(changes: Partial<AccountSnapshot> = {}, state: 'due' | 'clean' = 'due') {
  const services = buildServices();
  const { store, clock, upstream } = services;
  services.source.pools.set(GROUP_ID, buildPool([buildAccount(changes)]));
  const block = { kind: 'block', state: 'error', untilMs: 1_000, upstreamModel: null, reason: 'r' } as const;
  if (state === 'due') store.reportAccount({ accountId: ACCOUNT_ID, ...block });
  clock.advance(1_000);
  const { context, writer } = buildParsedContext({ stream: true });
  const reports: AccountReport[] = [];
  let afterTake = () => {};
  services.store = overrideStore(store, {
    reportAccount(report, probe) {
      reports.push(report);
      store.reportAccount(report, probe);
    },
    async takeAccount(request) {
      const taken = await store.takeAccount(request);
      afterTake();
      return taken;
    },
  });
  const listStates = () => store.listAccountStates([ACCOUNT_ID]);
  return {
    services,
    writer,
    reports,
    listStates,
    leaveAfterTake: () => void (afterTake = () => writer.leave()),
    script: (...answers: ((call: FakeCall) => void)[]) => {
      upstream.answer = (call) => (answers.length > 1 ? answers.shift() : answers[0])?.(call);
    },
    run: () => forward(context, services),
    takeNext: () => store.takeAccount(NEXT),
    countHeld: () => store.countSlots({ kind: 'account', accountId: ACCOUNT_ID }),
  };
}

type Test = ReturnType<typeof setUp>;

/** Each exit of a try that tells nothing of the account. */
const UNDECIDED: [name: string, changes: Partial<AccountSnapshot>, arrange: (test: Test) => void][] = [
  ['the client left while the slot was taken', {}, ({ leaveAfterTake }) => leaveAfterTake()],
  [
    'the client leaves before the headers',
    {},
    ({ services, writer }) => void (services.upstream.answer = () => writer.leave()),
  ],
  [
    'the client leaves before content',
    {},
    ({ services, writer }) => {
      services.upstream.answer = (call) => {
        answerStream([PRELUDE], 'open')(call);
        writer.leave();
      };
    },
  ],
  [
    'the client leaves during the refresh of the token',
    OAUTH,
    ({ services, writer, script }) => {
      script(answerJson(401, {}));
      services.tokenRefresher.refresh = async (account) => {
        writer.leave();
        return account;
      };
    },
  ],
  ['a token that cannot be refreshed', OAUTH, ({ script }) => script(answerJson(401, {}))],
  [
    'a fresh token that cannot be opened',
    OAUTH,
    ({ services, script }) => {
      script(answerJson(401, {}));
      services.tokenRefresher.refresh = async (account) => ({ ...account, sealedCredentials: 'damaged' });
    },
  ],
  [
    'a client that leaves during the try with the fresh token',
    OAUTH,
    ({ services, writer, script }) => {
      script(answerJson(401, {}), () => writer.leave());
      services.tokenRefresher.refresh = async (account) => account;
    },
  ],
  ['an account that cannot be opened', { sealedCredentials: 'damaged' }, () => {}],
  ['405', {}, ({ script }) => script(answerJson(405, {}))],
  ['413', {}, ({ script }) => script(answerJson(413, {}))],
  ['413 with a body that breaks off', {}, ({ script }) => script(breakOff(413))],
  [
    'a status that the operator passes on',
    { passedStatuses: [403] },
    ({ script }) => script(answerJson(403, {})),
  ],
  [
    'a 5xx that the operator passes on',
    { passedStatuses: [503] },
    ({ script }) => script(answerJson(503, {})),
  ],
  ['a request too long for the plan', {}, ({ script }) => script(answerJson(429, LONG_CONTEXT))],
];

function breakOff(status: number) {
  return ({ handler }: FakeCall): void => {
    handler.onHeaders(status, { 'content-type': 'application/json' });
    handler.onError({ kind: 'reset', detail: 'ECONNRESET', isStaleSocket: false });
  };
}

describe('forward: a probe that ends undecided', () => {
  it.each(UNDECIDED)('[ACC-3] makes room for the next at once: %s', async (_, changes, arrange) => {
    const test = setUp(changes);
    arrange(test);
    await test.run();
    expect(await test.listStates()).toMatchObject(DUE);
    expect(await test.countHeld()).toBe(0);
    expect(await test.takeNext()).toMatchObject({ taken: true, isProbe: true });
  });

  it.each<[string, (test: Test) => void]>([
    ['a full journal', ({ services }) => void (services.journal.isFull = true)],
    [
      'a refresh that throws',
      ({ services, script }) => {
        script(answerJson(401, {}));
        services.tokenRefresher.refresh = () => Promise.reject(new TollgateError('unavailable'));
      },
    ],
  ])('[ACC-3] makes room for the next at once when we fail: %s', async (_, arrange) => {
    const test = setUp(OAUTH);
    arrange(test);
    await expect(test.run()).rejects.toThrow(TollgateError);
    expect([await test.listStates(), await test.countHeld()]).toMatchObject([DUE, 0]);
  });

  it('[ACC-3] a limit of the model alone says nothing of the account', async () => {
    const { run, script, listStates } = setUp();
    script(answerJson(429, MODEL_LIMIT));
    await run();
    const states = await listStates();
    expect(states.filter(({ upstreamModel }) => upstreamModel === null)).toMatchObject(DUE);
    expect(states.filter(({ upstreamModel }) => upstreamModel !== null)).toMatchObject([
      { kind: 'rate-limited', upstreamModel: MODEL },
    ]);
  });

  it('[ACC-3] the probe keeps its place while its token is refreshed, and what comes then decides', async () => {
    const { run, script, listStates, services } = setUp(OAUTH);
    let isProbing: boolean | undefined;
    services.tokenRefresher.refresh = async (account) => {
      isProbing = (await listStates())[0]?.isProbing;
      return account;
    };
    script(answerJson(401, {}), ANSWER);
    await run();
    expect([isProbing, await listStates()]).toEqual([true, []]);
  });
});

describe('forward: a probe that has its answer', () => {
  it.each<[string, (call: FakeCall) => void]>([
    ['the client’s own mistake', answerJson(400, {})],
    ['an answer', ANSWER],
  ])('[ACC-3] frees the account at once: %s', async (_, answer) => {
    const { run, script, listStates } = setUp();
    script(answer);
    await run();
    expect(await listStates()).toEqual([]);
  });

  it('[ACC-3] frees the account where the client leaves after content came', async () => {
    const { run, services, writer, listStates } = setUp();
    services.upstream.answer = (call) => {
      answerStream([PRELUDE, CONTENT], 'open')(call);
      writer.leave();
    };
    await run();
    expect(await listStates()).toEqual([]);
  });

  it.each<[string, (call: FakeCall) => void]>([
    ['refused for the account’s sake', answerJson(403, {})],
    ['a failure', answerJson(500, {})],
    ['no connection', answerFault],
  ])('[ACC-3] goes on keeping the account out, for longer: %s', async (_, answer) => {
    const { run, script, listStates, services } = setUp();
    script(answer);
    await run();
    const [state] = await listStates();
    expect(state).toMatchObject({ kind: 'error', isProbing: false, backoffStep: 1 });
    expect(state?.untilMs).toBe(services.clock.nowMs() + 120_000);
  });
});

describe('forward: an attempt that is no probe', () => {
  it.each<[string, (test: Test) => void, string[]]>([
    ['an answer', ({ script }) => script(ANSWER), ['success']],
    ['413', ({ script }) => script(answerJson(413, {})), []],
    ['a client that left', ({ leaveAfterTake }) => leaveAfterTake(), []],
  ])('[ACC-3] tells the store nothing of probes: %s', async (_, arrange, kinds) => {
    const test = setUp({}, 'clean');
    arrange(test);
    await test.run();
    expect(test.reports.map(({ kind }) => kind)).toEqual(kinds);
  });
});
