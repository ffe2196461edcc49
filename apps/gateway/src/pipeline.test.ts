import { hash } from 'node:crypto';
import { TollgateError } from '@tollgate/core';
import { describe, expect, it, vi } from 'vitest';
import { runPipeline } from './pipeline.ts';
import { buildRequest, type RequestParts } from './testing/build-context.ts';
import { ACCOUNT_ID, buildKey, KEY_ID, MODEL, USER_ID } from './testing/build-snapshots.ts';
import { buildServices } from './testing/build-services.ts';
import {
  answerFault,
  answerJson,
  answerStream,
  buildPrelude,
  CONTENT,
  ENDING,
} from './testing/fake-upstream.ts';
import { overrideStore, rejectAsGone } from './testing/override-store.ts';
import { RecordingWriter } from './testing/recording-writer.ts';

const KEY = 'sk-test-0123456789';
const ANSWER = { id: 'msg_1', model: MODEL, usage: { input_tokens: 100, output_tokens: 20 } };
const STREAM = `{"model":"${MODEL}","stream":true,"messages":[]}`;

function setUp() {
  const services = buildServices();
  services.source.keys.set(
    hash('sha256', KEY),
    buildKey({ key: { concurrency: 9 }, user: { concurrency: 9 } }),
  );
  services.upstream.answer = answerJson(200, ANSWER);
  const { store } = services;
  const writer = new RecordingWriter();
  const run = async (parts: RequestParts = {}) => {
    await runPipeline(buildRequest({ headers: [['x-api-key', KEY]], ...parts }), writer, services);
    return writer;
  };
  const countHeld = async () =>
    (await store.countSlots({ kind: 'user', userId: USER_ID })) +
    (await store.countSlots({ kind: 'key', userId: USER_ID, keyId: KEY_ID })) +
    (await store.countSlots({ kind: 'account', accountId: ACCOUNT_ID }));
  return { services, store, writer, run, countHeld };
}

describe('pipeline', () => {
  it('[REQ-1] a plain answer, and all slots back', async () => {
    const { run, services, countHeld } = setUp();
    const writer = await run();
    expect([writer.status, writer.body]).toEqual([200, JSON.stringify(ANSWER)]);
    expect(services.journal.closed).toMatchObject([{ state: 'settled' }]);
    expect(await countHeld()).toBe(0);
  });

  it('[LIM-4] holds user, key and account while the answer runs', async () => {
    const { run, services, writer, countHeld } = setUp();
    services.upstream.answer = answerStream([buildPrelude(MODEL), CONTENT], 'open');
    const running = run({ body: STREAM });
    await vi.waitFor(() => expect(writer.body).toContain(CONTENT));
    expect(await countHeld()).toBe(3);
    const [call] = services.upstream.calls;
    call?.data(ENDING);
    call?.handler.onEnd();
    await running;
    expect([writer.state, await countHeld()]).toEqual(['ended', 0]);
  });

  it.each<[string, RequestParts, number, string]>([
    ['an unknown route', { path: '/v2/messages' }, 404, 'not_found'],
    ['a wrong method', { method: 'PUT' }, 405, 'method_not_allowed'],
    ['no key', { headers: [] }, 401, 'missing_key'],
    ['no body', { body: '' }, 400, 'invalid_request'],
    ['no JSON', { body: '{' }, 400, 'invalid_request'],
    [
      'a huge body',
      { body: async () => Promise.reject(new TollgateError('body_too_large')) },
      413,
      'body_too_large',
    ],
    ['an unpriced model', { body: '{"model":"claude-x","messages":[]}' }, 400, 'unpriced_model'],
  ])('[REQ-1] one error exit a stage: %s', async (_, parts, status, code) => {
    const { run, services, countHeld } = setUp();
    const writer = await run(parts);
    expect([writer.status, writer.error?.code, writer.state]).toEqual([status, code, 'ended']);
    expect([services.upstream.calls.length, await countHeld()]).toEqual([0, 0]);
  });

  it.each([
    ['HEAD', '/'],
    ['GET', '/api/hello'],
    ['POST', '/api/event_logging/batch'],
  ])('[API-8] side traffic needs no key, no store and no upstream: %s %s', async (method, path) => {
    const { run, services, store } = setUp();
    services.store = overrideStore(store, { admit: rejectAsGone });
    const writer = await run({ method, path, headers: [] });
    expect([writer.status, services.upstream.calls.length, services.logger.lines]).toEqual([200, 0, []]);
    expect(services.journal.opened).toEqual([]);
  });

  it.each(['body_too_large', 'client_closed'] as const)('[API-8] telemetry that ends in %s', async (code) => {
    const body = async () => Promise.reject(new TollgateError(code));
    const writer = await setUp().run({ path: '/api/event_logging/batch', body });
    expect(writer.error?.code).toBe(code);
  });

  it('[REQ-6] an upstream that fails: 502, slots back', async () => {
    const { run, services, countHeld } = setUp();
    services.upstream.answer = answerFault;
    expect((await run()).error).toMatchObject({ code: 'upstream_error' });
    expect(await countHeld()).toBe(0);
  });

  it.each(['admit', 'takeAccount'] as const)(
    '[LIM-11] the store is gone in %s: 503, slots back',
    async (call) => {
      const { run, services, store, countHeld } = setUp();
      services.store = overrideStore(store, { [call]: rejectAsGone });
      const writer = await run();
      expect(writer.error).toMatchObject({ code: 'unavailable', retryAfterMs: 1_000 });
      expect(await countHeld()).toBe(0);
      expect(services.logger.lines.at(-1)).toMatchObject({ level: 'error', detail: { requestId: 'req_1' } });
    },
  );

  it('[MON-6] the journal is full: 503, slots back', async () => {
    const { run, services, countHeld } = setUp();
    services.journal.isFull = true;
    expect((await run()).error).toMatchObject({ code: 'unavailable', retryAfterMs: 5_000 });
    expect(await countHeld()).toBe(0);
  });

  it('[REQ-5] a fault of ours: 500 in plain words, the detail in the log, slots back', async () => {
    const { run, services, countHeld } = setUp();
    services.journal.open = () => {
      throw new Error('EIO at /var/lib/secret');
    };
    const writer = await run();
    expect([writer.status, writer.error?.message]).toEqual([500, 'Internal error.']);
    expect(services.logger.lines.at(-1)?.detail).toMatchObject({ code: 'internal', requestId: 'req_1' });
    expect(await countHeld()).toBe(0);
  });

  it('a fault before the first stage is done rejects nothing', async () => {
    const { services, writer } = setUp();
    services.isDraining = () => {
      throw new Error('broken');
    };
    await runPipeline(buildRequest(), writer, services);
    expect(writer.error).toMatchObject({ code: 'internal' });
  });

  it('an error that cannot be answered: cut, slots back, nothing rejects', async () => {
    const { run, services, writer, countHeld } = setUp();
    services.upstream.answer = answerFault;
    writer.sendError = () => {
      throw new Error('socket gone');
    };
    await run();
    expect([writer.state, await countHeld()]).toEqual(['aborted', 0]);
    expect(services.logger.lines.at(-1)).toMatchObject({ level: 'error', message: 'error answer failed' });
  });

  it('[REQ-7] a client that leaves while it is admitted holds nothing afterwards', async () => {
    const { run, services, store, writer, countHeld } = setUp();
    const held: number[] = [];
    services.store = overrideStore(store, {
      async admit(request) {
        // The first answer asks for the balance; slots are granted with the second.
        const result = await store.admit(request);
        if (result.admitted) {
          held.push(await countHeld());
          writer.leave();
        }
        return result;
      },
    });
    await run();
    expect(held).toEqual([2]);
    expect([services.upstream.calls.length, services.journal.opened.length, await countHeld()]).toEqual([
      0, 0, 0,
    ]);
  });

  it('[REQ-7] a client that leaves while the balance is read holds nothing afterwards', async () => {
    const { run, services, writer, countHeld } = setUp();
    services.source.during = () => {
      if (services.source.loads === 2) writer.leave();
    };
    await run();
    expect([services.upstream.calls.length, await countHeld()]).toEqual([0, 0]);
  });

  it.each([1, 2, 3])(
    '[REQ-7] a client that leaves at load %d of the database: all back, nothing sent',
    async (load) => {
      const { run, services, writer, countHeld } = setUp();
      services.source.during = async () => {
        await new Promise(setImmediate);
        if (services.source.loads === load) writer.leave();
      };
      await run();
      expect([services.upstream.calls.length, services.journal.opened.length, await countHeld()]).toEqual([
        0, 0, 0,
      ]);
      expect([writer.state, writer.body]).toEqual(['aborted', '']);
    },
  );

  it('[REQ-7] a client that leaves in the middle of the answer: all back, the row closed', async () => {
    const { run, services, writer, countHeld } = setUp();
    services.upstream.answer = answerStream([buildPrelude(MODEL), CONTENT], 'open');
    const running = run({ body: STREAM });
    await vi.waitFor(() => expect(writer.body).toContain(CONTENT));
    writer.leave();
    await running;
    expect(services.journal.closed).toMatchObject([{ state: 'estimated', status: 499 }]);
    expect(await countHeld()).toBe(0);
  });

  it.each<[string, (test: ReturnType<typeof setUp>) => void, number]>([
    ['an answer', () => {}, 120],
    ['an upstream that fails', ({ services }) => (services.upstream.answer = answerFault), 0],
    ['a fault', ({ services }) => (services.journal.isFull = true), 0],
    // Its prompt, by its size.
    ['a client that leaves', ({ services, writer }) => (services.upstream.answer = () => writer.leave()), 23],
  ])('[LIM-2] settled once, with the tokens that were used: %s', async (_, prepare, used) => {
    const test = setUp();
    test.services.source.keys.set(hash('sha256', KEY), buildKey({ user: { tpm: 100_000 } }));
    prepare(test);
    const corrected: number[] = [];
    const { store } = test;
    test.services.store = overrideStore(store, {
      correctReservation(reservations, trueCost) {
        corrected.push(trueCost);
        store.correctReservation(reservations, trueCost);
      },
    });
    await test.run();
    expect(corrected).toEqual([used]);
    const subject = { kind: 'user', userId: USER_ID } as const;
    expect(await store.readWindows([{ subject, unit: 'tokens', shape: 'fixed' }])).toMatchObject([{ used }]);
  });

  it('[LIM-10] a token quota that is used up: refused before anything is counted or held', async () => {
    const { run, services, store, countHeld } = setUp();
    services.source.keys.set(hash('sha256', KEY), buildKey({ user: { tokenLimit: 10, rpm: 5 } }));
    services.quotaSource.quotas.set(USER_ID, { limit: 10, usage: 11, lastResetAtMs: services.clock.nowMs() });
    const writer = await run();
    expect(writer.error).toMatchObject({ status: 400, vendorCode: 40_051, shouldRetry: false });
    const subject = { kind: 'user', userId: USER_ID } as const;
    expect(await store.readWindows([{ subject, unit: 'requests', shape: 'fixed' }])).toMatchObject([
      { used: 0 },
    ]);
    expect(await countHeld()).toBe(0);
  });

  it.each([
    ['/health', true, 200],
    ['/ready', true, 503],
    ['/health', false, 200],
    ['/ready', false, 200],
  ])('[OPS-11] %s, draining: %s', async (path, isDraining, status) => {
    const { run, services } = setUp();
    services.isDraining = () => isDraining;
    expect((await run({ method: 'GET', path, headers: [] })).status).toBe(status);
  });

  it.each([
    [null, 200, 'ok'],
    ['local', 200, 'degraded'],
    ['open', 200, 'degraded'],
    ['closed', 503, 'degraded'],
  ] as const)(
    '[LIM-11] a store degraded to %s: /ready says %d, /health 200',
    async (degraded, status, state) => {
      for (const [path, expected] of [
        ['/health', 200],
        ['/ready', status],
      ] as const) {
        const { run, services, store } = setUp();
        // `null` is what the real one says.
        services.store = degraded === null ? store : overrideStore(store, { degraded });
        const writer = await run({ method: 'GET', path, headers: [] });
        expect([writer.status, JSON.parse(writer.body)]).toMatchObject([expected, { store: state }]);
      }
    },
  );

  it.each([
    ['/v1/models', 'GET'],
    ['/v1/models/claude-sonnet-4-5', 'GET'],
    ['/v1/usage', 'GET'],
    ['/v1/messages/count_tokens', 'POST'],
  ])('[API-1] %s answers and takes no slot', async (path, method) => {
    const { run, services, store } = setUp();
    const asked: number[] = [];
    services.store = overrideStore(store, {
      admit: (request) => {
        asked.push(request.slots.length);
        return store.admit(request);
      },
    });
    expect((await run({ path, method })).status).toBe(200);
    expect(asked.every((slots) => slots === 0)).toBe(true);
    expect(services.journal.opened).toEqual([]);
  });

  it('[AUTH-5] the second request of a key reads neither database nor shared snapshots', async () => {
    const { run, services, store } = setUp();
    await run();
    const { loads } = services.source;
    let reads = 0;
    const getSnapshot = store.getSnapshot.bind(store);
    store.getSnapshot = (name) => {
      reads += 1;
      return getSnapshot(name);
    };
    const writer = new RecordingWriter();
    await runPipeline(buildRequest({ headers: [['x-api-key', KEY]] }), writer, services);
    expect([writer.status, services.source.loads, reads]).toEqual([200, loads, 0]);
  });
});
