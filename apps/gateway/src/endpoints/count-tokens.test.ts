import type { AccountId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { buildAccount, buildPool, GROUP_ID, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, answerStream, CONTENT, type FakeCall } from '../testing/fake-upstream.ts';
import { countTokens } from './count-tokens.ts';

function setUp(fields: object = {}, modelMapping: Record<string, string> = {}) {
  const services = buildServices();
  const ids = ['acc_a', 'acc_b'] as AccountId[];
  services.source.pools.set(GROUP_ID, buildPool(ids.map((id) => buildAccount({ id, modelMapping }))));
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
