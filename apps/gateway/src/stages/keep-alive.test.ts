import { hash } from 'node:crypto';
import { setImmediate as turn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { runPipeline } from '../pipeline.ts';
import { buildRequest } from '../testing/build-context.ts';
import { buildKey, MODEL } from '../testing/build-snapshots.ts';
import { buildServices } from '../testing/build-services.ts';
import { answerFault, answerJson, buildPrelude, CONTENT, ENDING } from '../testing/fake-upstream.ts';
import { RecordingWriter } from '../testing/recording-writer.ts';
import { PING_MS } from './keep-alive.ts';

const KEY = 'sk-test-0123456789';
const PING = 'event: ping\ndata: {"type": "ping"}\n\n';

function start(body = `{"model":"${MODEL}","stream":true,"messages":[]}`) {
  const services = buildServices();
  services.source.keys.set(hash('sha256', KEY), buildKey({ user: { rpm: 9 } }));
  const writer = new RecordingWriter();
  const request = buildRequest({ headers: [['x-api-key', KEY]], body });
  const ended = runPipeline(request, writer, services);
  /** Lets the time pass, and the ticker see it: the first tick after a leap is none. */
  const pass = async (ms: number) => {
    services.clock.advance(ms);
    const { promise, resolve } = Promise.withResolvers<void>();
    const probe = { tickPlace: -1, onTick: () => (services.deadlines.delete(probe), resolve()) };
    services.deadlines.add(probe);
    await promise;
    await turn();
  };
  const call = () => services.upstream.calls[0];
  const reached = () => vi.waitFor(() => expect(call()).toBeDefined());
  return { services, writer, ended, pass, call, reached };
}

describe('signs of life for a streaming client', () => {
  it('[LIM-6] come after 5 s and then each 5 s, and the answer follows as it came', async () => {
    const { writer, ended, pass, call, reached } = start();
    await reached();
    await pass(PING_MS - 1);
    expect(writer.state).toBe('idle');
    await pass(1);
    expect([writer.status, writer.body]).toEqual([200, PING]);
    expect(writer.headers).toMatchObject({
      'content-type': 'text/event-stream',
      'cache-control': 'no-cache',
      'x-accel-buffering': 'no',
      'x-ratelimit-limit-requests': '9',
    });
    expect(writer.headers).not.toHaveProperty('x-tollgate-attempts');
    await pass(PING_MS);
    expect(writer.body).toBe(PING + PING);
    call()?.handler.onHeaders(200, { 'content-type': 'text/event-stream', 'request-id': 'req_up' });
    call()?.data(buildPrelude(MODEL) + CONTENT);
    await pass(PING_MS * 3);
    call()?.data(ENDING);
    call()?.handler.onEnd();
    await ended;
    expect(writer.body).toBe(PING + PING + buildPrelude(MODEL) + CONTENT + ENDING);
    expect(writer.state).toBe('ended');
  });

  it('[LIM-6] go on while the upstream has sent headers and no content', async () => {
    const { writer, pass, call, reached } = start();
    await reached();
    call()?.handler.onHeaders(200, { 'content-type': 'text/event-stream' });
    call()?.data(buildPrelude(MODEL));
    await pass(PING_MS);
    expect(writer.body).toBe(PING);
    writer.leave();
  });

  it('[LIM-6] [REQ-2] an error after a ping is an event of the stream', async () => {
    const { services, writer, ended, pass, call, reached } = start();
    services.upstream.answer = () => {};
    await reached();
    await pass(PING_MS);
    answerFault(call()!);
    await ended;
    expect([writer.status, writer.state, writer.error?.code]).toEqual([200, 'ended', 'upstream_error']);
  });

  it("[LIM-6] [REQ-6] the upstream's own 400 after a ping is an error event, on one line", async () => {
    const { writer, ended, pass, call, reached } = start();
    await reached();
    await pass(PING_MS);
    const body = '{"type":"error",\n "error":{"type":"invalid_request_error","message":"too\\nlong"}}';
    answerJson(400, body)(call()!);
    await ended;
    expect(writer.body).toBe(
      `${PING}event: error\ndata: {"type":"error","error":{"type":"invalid_request_error","message":"too\\nlong"}}\n\n`,
    );
    expect(writer.state).toBe('ended');
  });

  it('[LIM-6] an answer that is no stream after all is an error event, not a broken stream', async () => {
    const { writer, ended, pass, call, reached } = start();
    await reached();
    await pass(PING_MS);
    answerJson(200, { id: 'msg_1', model: MODEL, usage: { input_tokens: 1, output_tokens: 1 } })(call()!);
    await ended;
    expect([writer.body, writer.error?.code]).toEqual([PING, 'upstream_error']);
  });

  it('[LIM-6] a plain request gets none', async () => {
    const { writer, ended, pass, call, reached } = start(`{"model":"${MODEL}","messages":[]}`);
    await reached();
    await pass(PING_MS * 2);
    expect(writer.state).toBe('idle');
    answerFault(call()!);
    await ended;
    expect(writer.status).toBe(502);
  });
});
