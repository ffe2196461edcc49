import { describe, expect, it } from 'vitest';
import { createResponsesGatherer } from './answer-gatherer.ts';

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const CREATED = event('response.created', { response: { id: 'r', output: [] } });
const item = (output_index: number, text: string) =>
  event('response.output_item.done', { output_index, item: { type: 'message', text } });
const raw = (type: string, response: string) =>
  `event: ${type}\ndata: {"type":"${type}","response":${response}}\n\n`;

function gather(text: string, bytesMax = 1 << 20) {
  const gatherer = createResponsesGatherer(bytesMax);
  gatherer.push(Buffer.from(text));
  gatherer.end();
  return gatherer;
}
const read = (text: string): string | undefined => gather(text).answer?.toString();

describe('createResponsesGatherer', () => {
  it.each(['response.completed', 'response.incomplete'])(
    '[API-2] the object in %s, byte for byte',
    (type) => {
      const response =
        '{ "id":"r", "output":[ {"a":1.0,"text":"Gr\\u00fcße 👋"} ], "n":12345678901234567890 }';
      expect(read(CREATED + item(0, 'other') + raw(type, response))).toBe(response);
    },
  );

  it.each([
    ['empty', '{"id":"r","output":[ ],"n":1.0}', '{"id":"r","output":[A,B],"n":1.0}'],
    ['absent', '{"id":"r","n":1.0}', '{"output":[A,B],"id":"r","n":1.0}'],
    ['null', '{"output":null}', '{"output":[A,B]}'],
    ['repeated', '{"output":[1],"output":[]}', '{"output":[1],"output":[A,B]}'],
  ])('[API-3] where the output is %s the items are put in, in order', (_name, response, answer) => {
    const [a, b] = ['{"type":"message","text":"Grüße"}', '{"type":"message","text":"b"}'];
    const text = CREATED + item(1, 'b') + item(0, 'Grüße') + raw('response.completed', response);
    expect(read(text)).toBe(answer.replace('A', a ?? '').replace('B', b ?? ''));
  });

  it('[API-3] an item that comes again counts once, one without an index is the next', () => {
    const done = 'data: {"type":"response.output_item.done","item":{"n":2}}\n\n';
    const text =
      CREATED + item(0, 'old') + item(0, 'new') + done + raw('response.completed', '{"output":[]}');
    expect(read(text)).toBe('{"output":[{"type":"message","text":"new"},{"n":2}]}');
  });

  it('an answer with nothing in it stays one', () => {
    expect(read(CREATED + raw('response.completed', '{"output":[]}'))).toBe('{"output":[]}');
  });

  it('events without their event line are known by their data', () => {
    const text = (CREATED + item(0, 'a') + raw('response.completed', '{"output":[]}')).replaceAll(
      /^event.*\n/gmu,
      '',
    );
    expect(read(text)).toBe('{"output":[{"type":"message","text":"a"}]}');
  });

  it('[MON-8] the last of two answers, with its own items only', () => {
    const first = CREATED + item(0, 'a') + item(1, 'b') + raw('response.completed', '{"output":[]}');
    const second = CREATED + item(0, 'c') + raw('response.completed', '{"output":[]}');
    expect(read(first + second)).toBe('{"output":[{"type":"message","text":"c"}]}');
  });

  it.each(['', CREATED, CREATED + item(0, 'a'), 'event: response.completed\ndata: {"type":"x","resp'])(
    '[SEL-5] no end, no answer (%#)',
    (text) => {
      expect(gather(text)).toMatchObject({ answer: null, errorBody: null, isTooLarge: false });
    },
  );
});

describe('errors', () => {
  it.each([
    [
      event('response.failed', { response: { error: { code: 'server_error', message: 'm' } } }),
      { message: 'm', type: 'server_error', param: null, code: 'server_error' },
    ],
    [
      event('response.failed', { response: { error: { code: 'context_length_exceeded', message: 'm' } } }),
      { message: 'm', type: 'invalid_request_error', param: null, code: 'context_length_exceeded' },
    ],
    [
      event('error', { code: 'rate_limit_exceeded', message: 'm', param: 'p', sequence_number: 3 }),
      { message: 'm', type: 'rate_limit_error', param: 'p', code: 'rate_limit_exceeded' },
    ],
    [
      event('error', { error: { type: 'usage_limit_reached', message: 'm', resets_in_seconds: 60 } }),
      { message: 'm', type: 'usage_limit_reached', param: null, code: null, resets_in_seconds: 60 },
    ],
    [event('response.failed', { response: {} }), { message: 'The upstream failed.', type: 'server_error' }],
  ])('[SEL-5] the body of an HTTP error (%#)', (text, error) => {
    const body = gather(CREATED + item(0, 'a') + text).errorBody;
    expect(JSON.parse(body?.toString() ?? '')).toMatchObject({ error });
  });

  it('[SEL-5] nothing counts behind an error, and an error behind the end is none', () => {
    const end = raw('response.completed', '{"output":[1]}');
    expect(gather(CREATED + event('error', { message: 'm' }) + end).answer).toBeNull();
    expect(gather(CREATED + end + event('error', { message: 'm' })).errorBody).toBeNull();
  });
});

describe('bounds', () => {
  it.each([
    ['items', CREATED + item(0, 'x'.repeat(60)) + item(1, 'x'.repeat(60))],
    ['an answer', CREATED + raw('response.completed', `{"a":"${'x'.repeat(120)}"}`)],
  ])('[SEL-5] %s', (_name, text) => {
    expect(gather(text, 110).isTooLarge).toBe(true);
    expect(gather(text, 1_000).isTooLarge).toBe(false);
  });

  it('[SEL-5] one event that is too large is not even kept', () => {
    const gatherer = createResponsesGatherer(1_000);
    for (const part of [
      CREATED,
      'event: response.completed\ndata: {',
      'x'.repeat(600),
      'x'.repeat(600),
      '\n\n',
    ])
      gatherer.push(Buffer.from(part));
    expect(gatherer).toMatchObject({ isTooLarge: true, answer: null });
  });

  it('however long its deltas are, only items and the answer count', () => {
    const delta = event('response.output_text.delta', { delta: 'x'.repeat(900) });
    const text = CREATED + delta.repeat(50) + item(0, 'a') + raw('response.completed', '{"output":[]}');
    expect(gather(text, 200)).toMatchObject({ isTooLarge: false, errorBody: null });
  });
});
