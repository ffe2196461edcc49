import { describe, expect, it } from 'vitest';
import { buildParsedContext } from '../testing/build-context.ts';
import { MODEL } from '../testing/build-snapshots.ts';
import { buildPrelude, CONTENT, ENDING } from '../testing/fake-upstream.ts';
import { ManualClock } from '../testing/manual-clock.ts';
import { Relay } from './relay.ts';

const HEADERS = {
  'content-type': 'text/event-stream',
  'request-id': 'req_up',
  'set-cookie': 'a=b',
  'anthropic-organization-id': 'org',
  'retry-after': '5',
};

function setUp(upstreamModel = MODEL) {
  const { context, writer } = buildParsedContext();
  context.attempts = 2;
  context.answerHeaders['x-ratelimit-limit-requests'] = '9';
  const clock = new ManualClock();
  return {
    relay: new Relay(context, { upstreamModel, translation: null, streamOnly: null }, clock),
    writer,
    clock,
  };
}

describe('relay', () => {
  it('[REQ-3] answers with the allowed headers of the upstream, and ours', () => {
    const { relay, writer, clock } = setUp();
    clock.advance(9);
    relay.startStream(200, HEADERS);
    expect([writer.status, relay.firstContentAtMs, relay.upstreamRequestId]).toEqual([200, 9, 'req_up']);
    expect(writer.headers).toEqual({
      'content-type': 'text/event-stream',
      'request-id': 'req_up',
      'x-ratelimit-limit-requests': '9',
      'x-tollgate-attempts': '2',
    });
  });

  it('[API-2] passes the very same bytes where no model is mapped', () => {
    const { relay, writer } = setUp();
    relay.startStream(200, {});
    const chunk = Buffer.from(buildPrelude('whatever'));
    writer.onWrite = (written) => expect(written).toBe(chunk);
    relay.write(chunk);
    relay.flush();
    expect(writer.body).toBe(buildPrelude('whatever'));
  });

  it.each([MODEL, 'mapped-to'])('[API-2] keeps the bytes of the end for the end (%s)', (model) => {
    const { relay, writer } = setUp(model);
    const end: string[] = [];
    writer.onWrite = (chunk) => end.push(chunk.toString());
    relay.startStream(200, {});
    relay.write(Buffer.from(buildPrelude(model) + CONTENT));
    relay.expectEnd();
    const before = end.length;
    relay.write(Buffer.from(ENDING.slice(0, 20)));
    relay.write(Buffer.from(ENDING.slice(20)));
    expect([end.length, writer.state]).toEqual([before, 'streaming']);
    relay.end();
    expect([end.join(''), writer.state]).toEqual([buildPrelude(MODEL) + CONTENT + ENDING, 'ended']);
  });

  it.each([1, 7, 1_000])('[API-2] puts the model back that was asked for, in chunks of %d bytes', (size) => {
    const { relay, writer } = setUp('mapped-to');
    const stream = Buffer.from(buildPrelude('mapped-to') + CONTENT + ENDING);
    relay.startStream(200, {});
    for (let at = 0; at < stream.length; at += size) relay.write(stream.subarray(at, at + size));
    relay.flush();
    expect(writer.body).toBe(buildPrelude(MODEL) + CONTENT + ENDING);
  });

  it('[API-2] gives out what was held back when the stream ends inside an event', () => {
    const { relay, writer } = setUp('mapped-to');
    const half = buildPrelude('mapped-to').slice(0, 40);
    relay.startStream(200, {});
    relay.write(Buffer.from(half));
    expect(writer.body).toBe('');
    relay.flush();
    relay.flush();
    expect(writer.body).toBe(half);
  });

  it('says when the client reads too slowly', () => {
    const { relay, writer } = setUp();
    relay.startStream(200, {});
    expect(relay.write(Buffer.from('a'))).toBe(true);
    writer.takesMore = false;
    expect(relay.write(Buffer.from('b'))).toBe(false);
  });

  it('[API-2] a plain answer has the model put back, an error is passed as it came', () => {
    const plain = setUp('mapped-to');
    expect(plain.relay.takeAnswer(Buffer.from('{ "model": "mapped-to", "n": 1e1 }'))).toBe(true);
    plain.relay.sendAnswer(200, HEADERS);
    expect(plain.writer.body).toBe(`{ "model": "${MODEL}", "n": 1e1 }`);
    expect(plain.writer.headers['retry-after']).toBeUndefined();
    const refused = setUp('mapped-to');
    refused.relay.sendError(404, HEADERS, Buffer.from('{"model":"mapped-to"}'));
    expect(refused.writer.body).toBe('{"model":"mapped-to"}');
    expect(refused.writer.headers['retry-after']).toBe('5');
  });
});
