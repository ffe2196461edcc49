import type { AccountFinding, AccountId, AccountReport } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildPool, GROUP_ID, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, answerStream, CONTENT, type FakeCall } from '../testing/fake-upstream.ts';
import { overrideStore, rejectAsGone } from '../testing/override-store.ts';
import { countTokens } from './count-tokens.ts';

const A = 'acc_a' as AccountId;
const B = 'acc_b' as AccountId;
const urlOf = (id: AccountId): string => `https://${id.replace('_', '-')}.example`;
const block = (state: 'paused' | 'rate-limited' | 'overloaded' | 'error', untilMs: number) =>
  ({ kind: 'block', state, untilMs, upstreamModel: null, reason: 'r' }) as const;

function setUp(fields: object = {}, modelMapping: Record<string, string> = {}) {
  const services = buildServices();
  const ids = [A, B];
  services.source.pools.set(
    GROUP_ID,
    buildPool(ids.map((id) => buildAccount({ id, modelMapping, baseUrl: urlOf(id) }))),
  );
  const path = '/v1/messages/count_tokens';
  const { context, writer } = buildParsedContext(fields, undefined, {
    path,
    query: 'beta=true&key=sk-client',
  });
  const run = (answer: (call: FakeCall) => void = () => {}) => {
    services.upstream.answer = answer;
    return countTokens(context, services);
  };
  return { services, writer, run };
}

describe('count-tokens', () => {
  it('[API-5] is forwarded as it is, without slot, row and bill', async () => {
    const { services, writer, run } = setUp();
    expect(await run(answerJson(200, '{ "input_tokens": 12 }'))).toBeNull();
    expect([writer.status, writer.body]).toEqual([200, '{ "input_tokens": 12 }']);
    expect(writer.headers).toMatchObject({ 'request-id': 'req_up', 'x-tollgate-attempts': '1' });
    const [call] = services.upstream.calls;
    expect(call?.request.path).toBe('/v1/messages/count_tokens?beta=true');
    expect(services.journal.opened).toEqual([]);
    for (const accountId of ['acc_a', 'acc_b'] as AccountId[]) {
      expect(await services.store.countSlots({ kind: 'account', accountId })).toBe(0);
    }
  });

  it.each<[string, AccountFinding]>([
    ['paused', block('paused', 5_000)],
    ['rate-limited', block('rate-limited', 5_000)],
    ['rate-limited for the model', { ...block('rate-limited', 5_000), upstreamModel: MODEL }],
    ['overloaded', block('overloaded', 5_000)],
    ['in error', block('error', 5_000)],
    ['in error and due for a probe', block('error', 0)],
  ])('[ACC-2] [API-5] never asks an account that is %s', async (_, finding) => {
    const { services, run } = setUp();
    services.store.reportAccount({ accountId: A, ...finding });
    for (let time = 0; time < 3; time += 1) await run(answerJson(200, '{"input_tokens":12}'));
    expect(services.upstream.calls.map(({ request }) => request.origin)).toEqual(Array(3).fill(urlOf(B)));
  });

  it('[ACC-2] [API-5] nor one with an open breaker; it is no probe of it either', async () => {
    const { services, run } = setUp();
    for (let time = 0; time < 5; time += 1)
      services.store.reportAccount({ accountId: A, kind: 'failure', upstreamModel: null, reason: 'r' });
    services.clock.advance(10_000);
    for (let time = 0; time < 3; time += 1) await run(answerJson(200, '{"input_tokens":12}'));
    expect(services.upstream.calls.map(({ request }) => request.origin)).toEqual(Array(3).fill(urlOf(B)));
    expect(await services.store.listAccountStates([A])).toMatchObject([{ isProbing: false }]);
  });

  it('[ACC-2] a state of another model, or one that is over, keeps nothing out', async () => {
    const { services, run } = setUp();
    services.store.reportAccount({ accountId: A, ...block('rate-limited', 5_000), upstreamModel: 'other' });
    services.store.reportAccount({ accountId: B, ...block('rate-limited', 5_000) });
    services.clock.advance(4_999);
    await run(answerJson(200, '{"input_tokens":12}'));
    services.clock.advance(1);
    for (let time = 0; time < 2; time += 1) await run(answerJson(200, '{"input_tokens":12}'));
    const asked = services.upstream.calls.map(({ request }) => request.origin);
    expect(asked[0]).toBe(urlOf(A));
    expect(asked).toContain(urlOf(B));
  });

  it.each([
    ['rate-limited', 'rate-limited', 'upstream_rate_limited'],
    ['overloaded', 'overloaded', 'overloaded'],
    ['error', 'paused', 'no_account'],
  ] as const)('[REQ-6] %s and %s: the soonest way back', async (first, second, code) => {
    const { services, run } = setUp();
    services.store.reportAccount({ accountId: A, ...block(first, 9_000) });
    services.store.reportAccount({ accountId: B, ...block(second, 4_000) });
    expect(await run()).toMatchObject({ code, retryAfterMs: 4_000 });
    expect(services.upstream.calls).toEqual([]);
  });

  it('[LIM-11] the store is away: the states are not known, and keep nobody out', async () => {
    const { services, writer, run } = setUp();
    services.store = overrideStore(services.store, { listAccountStates: rejectAsGone });
    await run(answerJson(200, '{"input_tokens":12}'));
    expect(writer.status).toBe(200);
  });

  it('a fault of the store is told', async () => {
    const { services, run } = setUp();
    const fault = async () => {
      throw new TypeError('x');
    };
    services.store = overrideStore(services.store, { listAccountStates: fault });
    await expect(run()).rejects.toThrow(TypeError);
  });

  it.each([
    [529, [{ kind: 'overloaded' }]],
    [429, [{ kind: 'rate-limited' }]],
    [400, []],
    [200, []],
  ])('[ACC-3] what a %i says of the account is told to all nodes', async (status, states) => {
    const { services, run } = setUp();
    services.source.pools.set(GROUP_ID, buildPool([buildAccount({ id: A })]));
    await run(answerJson(status, '{"input_tokens":12}'));
    expect(await services.store.listAccountStates([A])).toMatchObject(states);
  });

  it('[ACC-3] failures count for the breaker, successes as well', async () => {
    const { services, run } = setUp();
    const reports: AccountReport[] = [];
    services.store = overrideStore(services.store, { reportAccount: (report) => void reports.push(report) });
    let calls = 0;
    await run((call) =>
      (calls += 1) === 1 ? answerFault(call) : answerJson(200, '{"input_tokens":1}')(call),
    );
    expect(reports.map(({ kind }) => kind)).toEqual(['failure', 'success']);
  });

  it('[API-2] asks for the mapped model', async () => {
    const { services, run } = setUp({}, { [MODEL]: 'mapped-to' });
    await run(answerJson(200, '{"input_tokens":12}'));
    const body = services.upstream.calls[0]?.request.body?.toString() ?? '';
    expect(JSON.parse(body)).toMatchObject({ model: 'mapped-to' });
  });

  it('[SEL-5] another account counts when one fails', async () => {
    const { services, writer, run } = setUp();
    let calls = 0;
    await run((call) => {
      calls += 1;
      if (calls === 1) answerFault(call);
      else answerJson(200, '{"input_tokens":12}')(call);
    });
    expect([writer.status, writer.headers['x-tollgate-attempts']]).toEqual([200, '2']);
    expect(services.logger.lines).toMatchObject([{ level: 'warn', message: 'count failed' }]);
  });

  it('[REQ-6] no account left: 502', async () => {
    expect(await setUp().run(answerFault)).toMatchObject({ code: 'upstream_error' });
  });

  it('[REQ-6] the client’s own error is passed on as it came', async () => {
    const { writer, run } = setUp();
    expect(await run(answerJson(404, '{ "type":"error" }'))).toBeNull();
    expect([writer.status, writer.body]).toEqual([404, '{ "type":"error" }']);
  });

  it('[REQ-5] an error that came only in part is told in our words', async () => {
    const { writer, run } = setUp();
    await run((call) => {
      call.handler.onHeaders(400, { 'content-type': 'application/json' });
      call.data('{"type":"err');
      answerFault(call);
    });
    expect([writer.status, writer.error?.code, writer.body]).toEqual([502, 'upstream_error', '']);
  });

  it('a stream is no answer to it, also when the body asks for one', async () => {
    const { run } = setUp({ stream: true });
    expect(await run(answerStream([CONTENT]))).toMatchObject({ code: 'upstream_error' });
  });

  it('[REQ-7] a client that leaves cuts the upstream', async () => {
    const { services, writer, run } = setUp();
    const running = run();
    await new Promise(setImmediate);
    writer.leave();
    expect(await running).toBeNull();
    expect(services.upstream.calls).toMatchObject([{ isAborted: true }]);
    expect([writer.onDrain, services.upstream.calls.length]).toEqual([null, 1]);
  });
});
