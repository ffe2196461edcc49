import type { AccountId, GroupSnapshot } from '@tollgate/core';
import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { messagesDialect } from '../dialects/messages-dialect.ts';
import { chatDialect, responsesDialect } from '../dialects/openai-dialects.ts';
import { buildContext } from '../testing/build-context.ts';
import { buildAccount, buildGroup, buildKey, buildPool, GROUP_ID } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerJson, answerStream, event, type FakeCall } from '../testing/fake-upstream.ts';
import { buildResponse, buildResponsesStream, RESPONSES_USAGE } from '../testing/responses-stream.ts';
import { forward } from './forward.ts';

const MODEL = 'gpt-5';
const DIALECTS = { responses: responsesDialect, chat: chatDialect, messages: messagesDialect };
const messages = [{ role: 'user', content: 'Hi' }];
const BODIES = {
  responses: { model: MODEL, input: [] },
  chat: { model: MODEL, messages },
  messages: { model: MODEL, max_tokens: 16, messages },
};
const STREAM = buildResponsesStream(MODEL);
const FAILED = (code: string) =>
  event('response.failed', {
    response: { status: 'failed', error: { code, message: 'Told by the upstream.' } },
  });
const whole = answerStream(STREAM);

/** Two accounts of ChatGPT; each answer is for one attempt, the last one for all that follow. */
async function setUp(
  client: keyof typeof DIALECTS = 'responses',
  fields: object = {},
  mapping: Record<string, string> = {},
  policy: Partial<GroupSnapshot> = {},
) {
  const services = buildServices();
  const changes = { platform: 'openai', kind: 'oauth', sealedCredentials: '{"access_token":"up"}' } as const;
  const accounts = ['acc_1', 'acc_2'].map((id) =>
    buildAccount({ id: id as AccountId, ...changes, modelMapping: mapping }),
  );
  services.source.pools.set(GROUP_ID, buildPool(accounts));
  const group = buildGroup({ platform: 'openai', ...policy });
  const body = Buffer.from(JSON.stringify({ ...BODIES[client], ...fields }));
  const { context, writer } = buildContext({
    path: `/v1/${client}`,
    headers: [['accept', 'application/json']],
  });
  const dialect = DIALECTS[client];
  const { result } = await dialect.scan(context.request, body, services.bodies);
  if (!result.ok) throw new Error(result.message);
  Object.assign(context, { dialect, body, scan: result, group, key: buildKey({ groups: [group] }) });
  const run = (...answers: ((call: FakeCall) => void)[]) => {
    services.upstream.answer = (call) => (answers.length > 1 ? answers.shift() : answers[0])?.(call);
    return forward(context, services);
  };
  const listSent = () =>
    services.upstream.calls.map(({ request }): unknown => JSON.parse(request.body?.toString() ?? ''));
  return { services, context, writer, run, listSent, journal: services.journal };
}

describe('a plain call on an account whose upstream only streams', () => {
  it('[API-2] [API-3] goes out as a stream, and comes back as one answer', async () => {
    const test = await setUp();
    expect(await test.run(whole)).toBeNull();
    const [sent] = test.services.upstream.calls;
    expect(sent?.request.body?.toString()).toBe(
      '{"stream":true,"store":false,"instructions":"","model":"gpt-5","input":[]}',
    );
    expect(sent?.request.headers).toMatchObject({ accept: 'text/event-stream', authorization: 'Bearer up' });
    expect(test.writer.status).toBe(200);
    expect(test.writer.headers).toEqual({ 'content-type': 'application/json', 'x-tollgate-attempts': '1' });
    expect(JSON.parse(test.writer.body)).toEqual(buildResponse(MODEL));
  });

  it('[MON-8] is metered once, before it goes out', async () => {
    const test = await setUp();
    await test.run(whole);
    expect(test.journal.closed).toMatchObject([
      { state: 'settled', stream: false, usage: { inputTokens: 100, outputTokens: 20 }, status: 200 },
    ]);
  });

  it('[API-2] the model is the one that was asked for', async () => {
    const test = await setUp('responses', {}, { [MODEL]: 'gpt-5-codex' });
    await test.run(answerStream(buildResponsesStream('gpt-5-codex')));
    expect(test.listSent()).toMatchObject([{ model: 'gpt-5-codex', stream: true }]);
    expect(JSON.parse(test.writer.body)).toEqual(buildResponse(MODEL));
  });

  it('[API-3] what the client does not get is named', async () => {
    const test = await setUp('responses', { store: true, temperature: 0.5, max_output_tokens: 99 });
    await test.run(whole);
    expect(test.listSent()).toEqual([
      { stream: true, instructions: '', model: MODEL, input: [], store: false },
    ]);
    expect(test.writer.headers).toMatchObject({
      'x-tollgate-dropped': 'store,temperature,max_output_tokens',
    });
  });

  it('[API-3] what only a stored answer could give is refused', async () => {
    const test = await setUp('responses', { previous_response_id: 'resp_0' });
    expect(await test.run(whole)).toBeNull();
    expect(test.writer.error).toMatchObject({ status: 400, param: 'previous_response_id' });
    expect([test.services.upstream.calls.length, test.journal.closed.length]).toEqual([0, 0]);
  });

  it.each(['chat', 'messages'] as const)('[API-3] [MON-8] in %s: translated both ways', async (client) => {
    const test = await setUp(client);
    expect(await test.run(whole)).toBeNull();
    expect(test.listSent()).toMatchObject([{ stream: true, store: false, instructions: '' }]);
    expect(test.listSent()[0]).not.toHaveProperty('max_output_tokens');
    expect([test.writer.status, test.writer.headers['content-type']]).toEqual([200, 'application/json']);
    expect(test.writer.body).toContain('"Grüße 👋"');
    expect(test.writer.headers['x-tollgate-dropped']).toBe(
      client === 'messages' ? 'max_output_tokens' : undefined,
    );
    expect(test.journal.closed).toMatchObject([
      { state: 'settled', usage: { inputTokens: 100, outputTokens: 20 } },
    ]);
  });

  it('a streaming client gets the stream, and only its request is fitted', async () => {
    const test = await setUp('responses', { stream: true });
    await test.run(whole);
    expect(test.listSent()).toEqual([
      { store: false, instructions: '', model: MODEL, input: [], stream: true },
    ]);
    expect([test.writer.body, test.services.upstream.calls[0]?.request.headers['accept']]).toEqual([
      STREAM.join(''),
      'application/json',
    ]);
  });

  it('an upstream that answers plainly all the same is taken at its word', async () => {
    const test = await setUp();
    await test.run(answerJson(200, buildResponse(MODEL)));
    expect(JSON.parse(test.writer.body)).toEqual(buildResponse(MODEL));
  });

  it('[API-3] incomplete is an answer too', async () => {
    const [completed] = STREAM.slice(-1);
    const end = completed?.replaceAll('response.completed', 'response.incomplete') ?? '';
    const test = await setUp();
    await test.run(answerStream([...STREAM.slice(0, -1), end]));
    expect([test.writer.status, test.journal.closed[0]?.state]).toEqual([200, 'settled']);
  });

  it('[API-2] whatever the cut of its bytes', async () => {
    const bytes = Buffer.from(STREAM.join(''));
    const cuts = fc.array(fc.nat(bytes.length), { maxLength: 12 });
    await fc.assert(
      fc.asyncProperty(cuts, async (places) => {
        const test = await setUp();
        const borders = [0, ...places.toSorted((a, b) => a - b), bytes.length];
        await test.run(({ handler }) => {
          handler.onHeaders(200, { 'content-type': 'text/event-stream' });
          for (const [index, end] of borders.entries())
            if (index > 0) handler.onData(Buffer.from(bytes.subarray(borders[index - 1], end)));
          handler.onEnd();
        });
        expect(JSON.parse(test.writer.body)).toEqual(buildResponse(MODEL));
        expect(test.journal.closed).toMatchObject([{ usage: { outputTokens: 20 } }]);
      }),
      { numRuns: 40 },
    );
  });
});

describe('what goes wrong in its stream', () => {
  const cuts = STREAM.map((_, count) => count);

  it.each(cuts)('[SEL-5] cut after %i events: the next account answers', async (count) => {
    for (const ending of ['end', 'reset'] as const) {
      const test = await setUp();
      expect(await test.run(answerStream(STREAM.slice(0, count), ending), whole)).toBeNull();
      expect([test.writer.status, test.writer.headers['x-tollgate-attempts']]).toEqual([200, '2']);
      expect(test.journal.closed.map(({ state }) => state)).toEqual(['failed', 'settled']);
    }
  });

  it.each(cuts)('[SEL-5] an error event after %i events: the next account answers', async (count) => {
    const test = await setUp();
    const broken = answerStream([...STREAM.slice(0, count), FAILED('server_error'), ...STREAM.slice(count)]);
    expect(await test.run(broken, whole)).toBeNull();
    expect(JSON.parse(test.writer.body)).toEqual(buildResponse(MODEL));
    expect(test.journal.closed).toMatchObject([
      { state: 'failed', actualCost: 0n },
      { state: 'settled', usage: { outputTokens: RESPONSES_USAGE.output_tokens } },
    ]);
  });

  it.each([
    ['server_error', 'upstream_error'],
    ['rate_limit_exceeded', 'upstream_rate_limited'],
    ['server_is_overloaded', 'overloaded'],
  ])('[REQ-6] %s on all accounts: one error', async (code, told) => {
    const test = await setUp();
    expect(await test.run(answerStream([...STREAM.slice(0, 4), FAILED(code)]))).toMatchObject({ code: told });
    expect([test.writer.state, test.services.upstream.calls.length]).toEqual(['idle', 2]);
  });

  it.each(['responses', 'messages'] as const)(
    '[REQ-6] the client’s own error, in %s: 400 at once',
    async (client) => {
      const test = await setUp(client);
      expect(await test.run(answerStream([...STREAM.slice(0, 2), FAILED('invalid_prompt')]))).toBeNull();
      const { status, body, error } = test.writer;
      expect([status, test.services.upstream.calls.length]).toEqual([400, 1]);
      if (client === 'responses') expect(test.writer.headers['content-type']).toBe('application/json');
      expect(error?.message ?? body).toContain('Told by the upstream.');
      expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 400, actualCost: 0n }]);
    },
  );

  it('[SEL-5] larger than a plain answer may be: cut, and no answer', async () => {
    const test = await setUp();
    test.services.answerBytesMax = 300;
    expect(await test.run(whole)).toMatchObject({ code: 'upstream_error' });
    expect(test.services.upstream.calls.map(({ isAborted }) => isAborted)).toEqual([true, true]);
  });

  it('[MON-7] a client that leaves, in a group that reads on: billed as the upstream says', async () => {
    const test = await setUp('responses', {}, {}, { hangUp: 'drain', drainMs: 5_000, drainTokens: 5_000 });
    const running = test.run((call) => {
      answerStream(STREAM.slice(0, 4), 'open')(call);
      test.writer.leave();
      for (const part of STREAM.slice(4)) call.data(part);
      call.handler.onEnd();
    });
    expect(await running).toBeNull();
    expect(test.journal.closed).toMatchObject([
      { state: 'settled', status: 499, usage: { inputTokens: 100, outputTokens: 20 } },
    ]);
    expect(test.writer.body).toBe('');
  });

  it('[MON-7] a client that leaves before the head pays nothing: as of a stream, nobody has taken it on', async () => {
    const test = await setUp();
    await test.run(() => test.writer.leave());
    expect(test.journal.closed).toMatchObject([{ state: 'failed', status: 499, actualCost: 0n }]);
  });

  it('[MON-7] a client that leaves pays for what the stream had said until then', async () => {
    const test = await setUp();
    const running = test.run((call) => {
      answerStream(STREAM.slice(0, 4), 'open')(call);
      test.writer.leave();
    });
    expect(await running).toBeNull();
    expect(test.services.upstream.calls.map(({ isAborted }) => isAborted)).toEqual([true]);
    expect(test.journal.closed).toMatchObject([{ state: 'estimated', status: 499 }]);
    expect(test.journal.closed[0]?.usage.outputTokens).toBeGreaterThan(0);
  });
});
