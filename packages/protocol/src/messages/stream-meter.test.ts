import { describe, expect, it } from 'vitest';
import { createMessagesStreamMeter, type MessagesStreamMeter } from './stream-meter.ts';

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const start = (usage: unknown, model = 'claude-x'): string =>
  event('message_start', { message: { model, usage } });
const delta = (usage: unknown): string => event('message_delta', { delta: {}, usage });
const block = (fields: object): string => event('content_block_delta', { index: 0, delta: fields });
const text = (value: string): string =>
  event('content_block_delta', { index: 0, delta: { type: 'text_delta', text: value } });

function meter(...parts: string[]): MessagesStreamMeter {
  const created = createMessagesStreamMeter();
  for (const part of parts) created.push(Buffer.from(part));
  return created;
}

describe('usage', () => {
  it('[MON-8] the last figure of each field wins; absent and null keep the earlier one', () => {
    const metered = meter(
      start({ input_tokens: 43, cache_read_input_tokens: 5, output_tokens: 1 }),
      delta({ input_tokens: 61, output_tokens: 7 }),
      delta({ input_tokens: null, output_tokens: 20, server_tool_use: { web_search_requests: 2 } }),
    );
    expect(metered.usage()?.usage).toMatchObject({
      inputTokens: 61,
      cacheReadTokens: 5,
      outputTokens: 20,
      webSearchRequests: 2,
    });
    expect(metered.irregular).toBe(0);
    expect(metered.usage()?.model).toBe('claude-x');
  });

  it('[MON-8] two message_start in one stream are never summed', () => {
    const metered = meter(
      start({ input_tokens: 100, cache_read_input_tokens: 9, output_tokens: 50 }, 'first'),
      start({ input_tokens: 17, output_tokens: 1 }, 'second'),
      delta({ output_tokens: 65 }),
    ).usage();
    expect(metered?.usage).toMatchObject({ inputTokens: 17, cacheReadTokens: 9, outputTokens: 65 });
    expect(metered?.model).toBe('second');
  });

  it('[MON-8] iterations outside the totals go to extra with their own model', () => {
    const metered = meter(
      start({ input_tokens: 612 }),
      delta({
        output_tokens: 2_819,
        iterations: [
          { type: 'compaction', input_tokens: 60_385, output_tokens: 522 },
          { type: 'message', input_tokens: 612, output_tokens: 2_819 },
          { type: 'advisor_message', model: 'claude-opus-4-8', input_tokens: 3, cache_read_input_tokens: 4 },
        ],
      }),
    ).usage();
    expect(metered?.usage.outputTokens).toBe(2_819);
    expect(metered?.extra).toMatchObject([
      { kind: 'compaction', model: null, usage: { inputTokens: 60_385, outputTokens: 522 } },
      { kind: 'advisor_message', model: 'claude-opus-4-8', usage: { inputTokens: 3, cacheReadTokens: 4 } },
    ]);
  });

  it.each([
    ['no split: all 5m', { cache_creation_input_tokens: 10 }, 10, 0],
    ['a stale split: the rest is 5m', split(3_337, 3_000, 68), 3_269, 68],
    ['a split over the total is scaled down', split(10, 10, 10), 5, 5],
    ['scaling rounds 1h down', split(9, 10, 10), 5, 4],
    ['a total of zero', split(0, 10, 10), 0, 0],
    ['no total: the split', { cache_creation: { ephemeral_1h_input_tokens: 4 } }, 0, 4],
  ])('[MON-8] cache writes, %s', (_name, usage, cacheWrite5mTokens, cacheWrite1hTokens) => {
    const metered = meter(start(usage));
    expect(metered.usage()?.usage).toMatchObject({ cacheWrite5mTokens, cacheWrite1hTokens });
    expect(metered.irregular).toBe(0);
  });

  it.each([-1, 1.5, '7', true, {}, [], 1e300, 1e10, Number.MAX_SAFE_INTEGER])(
    '[MON-8] %j is no token count: the earlier figure stays',
    (value) => {
      const metered = meter(start({ input_tokens: 5, output_tokens: 6 }), delta({ output_tokens: value }));
      expect(metered.usage()?.usage).toMatchObject({ inputTokens: 5, outputTokens: 6 });
      expect(metered.irregular).toBe(1);
    },
  );

  it('garbage instead of usage objects is counted, not believed', () => {
    const metered = meter(
      start('many'),
      'event: message_delta\ndata: {"usage":{"output_tokens":9}\n\n',
      delta({ output_tokens: 3, iterations: 'x' }),
      delta({ iterations: [null, {}, { type: 'compaction', output_tokens: -4 }] }),
    );
    expect(metered.usage()?.usage.outputTokens).toBe(3);
    expect(metered.usage()?.extra).toMatchObject([{ kind: 'compaction', usage: { outputTokens: 0 } }]);
    expect(metered.irregular).toBe(6);
  });

  it('reasoning is never more than the output it is part of', () => {
    const usage = { output_tokens: 5, output_tokens_details: { thinking_tokens: 9 } };
    expect(meter(start(usage)).usage()?.usage).toMatchObject({ outputTokens: 5, reasoningTokens: 5 });
  });

  it('no usage at all is null, and zero usage is zero', () => {
    expect(meter(event('ping')).usage()).toBeNull();
    expect(meter(start({})).usage()?.usage.outputTokens).toBe(0);
  });

  it('a usage event over the limit is counted as irregular, not parsed', () => {
    const huge = start({ input_tokens: 1, padding: 'x'.repeat(2 << 20) });
    const metered = createMessagesStreamMeter();
    for (let at = 0; at < huge.length; at += 65_536) metered.push(Buffer.from(huge.slice(at, at + 65_536)));
    expect(metered.usage()).toBeNull();
    expect(metered.irregular).toBe(1);
  });

  it('[MON-7] an event that lost its blank line still tells its usage', () => {
    const metered = meter(start({ input_tokens: 1 }), delta({ output_tokens: 44 }).trimEnd());
    expect(metered.usage()?.usage.outputTokens).toBe(0);
    metered.end();
    expect(metered.usage()?.usage.outputTokens).toBe(44);
  });
});

describe('the state of the stream', () => {
  it('[SEL-5] the prelude ends where the first content event begins', () => {
    const prelude = `: comment\n\n${start({ input_tokens: 1 })}${event('ping')}${event('some_new_event')}`;
    const metered = meter(prelude);
    expect(metered).toMatchObject({ hasContent: false, firstContentAt: null, isBroken: false });
    metered.push(Buffer.from(event('content_block_start').slice(0, -1)));
    expect(metered.hasContent).toBe(false);
    metered.push(Buffer.from('\n'));
    expect(metered).toMatchObject({ hasContent: true, firstContentAt: prelude.length });
    metered.push(Buffer.from(text('hello')));
    expect(metered.firstContentAt).toBe(prelude.length);
  });

  it('message_stop completes', () => {
    const metered = meter(start({}), event('content_block_start'), event('message_stop'));
    expect(metered.isComplete).toBe(true);
  });

  it.each([
    ['overloaded_error', 529],
    ['rate_limit_error', 429],
    ['api_error', 500],
    ['timeout_error', 504],
    ['authentication_error', 401],
    ['an_error_of_tomorrow', 500],
    ['constructor', 500],
  ])('[SEL-5] an error event of type %s stands for %i', (type, status) => {
    const metered = meter(event('error', { error: { type, message: 'no' } }));
    expect(metered.error).toEqual({ type, message: 'no', status });
    metered.end();
    expect(metered).toMatchObject({ isBroken: false, hasContent: false, isComplete: false });
  });

  it('an error event that is no JSON is still an error', () => {
    expect(meter('event: error\ndata: oops\n\n').error).toEqual({
      type: 'api_error',
      message: '',
      status: 500,
    });
  });

  it.each([
    ['HTML', '<html>\n<body>502</body>'],
    ['plain JSON', '{"type":"message","content":[]}'],
    ['a first event that is no JSON', 'data: [DONE]\n\n'],
    ['a message_start that does not parse', 'event: message_start\ndata: {"type":"message_st\n\n'],
    ['a message_start without a message', 'event: message_start\ndata: {}\n\n'],
    ['content before message_start', text('hi')],
    ['a chat completion chunk of text', 'data: hello\n\n'],
  ])('[SEL-5] broken at once: %s', (_name, bytes) => {
    const metered = meter(bytes);
    expect(metered).toMatchObject({ isBroken: true, hasContent: false });
    metered.push(Buffer.from(start({ input_tokens: 3 }) + text('late')));
    expect(metered).toMatchObject({ isBroken: true, hasContent: false });
  });

  it('[SEL-5] a stream that ends before anything came is broken', () => {
    const metered = meter();
    expect(metered.isBroken).toBe(false);
    metered.end();
    expect(metered.isBroken).toBe(true);
  });

  it('noise after the start does not break it', () => {
    expect(meter(start({}), 'garbage\n\n', 'data: x\n\n').isBroken).toBe(false);
  });

  it('events without their event line are known by their data', () => {
    const metered = meter(
      'data: {"type": "message_start","message":{"usage":{"input_tokens":4}}}\n\n',
      'data: {"delta":{},"type":"message_delta","usage":{"output_tokens":5}}\n\n',
    );
    expect(metered.usage()?.usage).toMatchObject({ inputTokens: 4, outputTokens: 5 });
    expect(metered.hasContent).toBe(true);
  });
});

describe('outputBytes', () => {
  it('[MON-7] counts text, thinking and tool input as they pass, not signatures', () => {
    const metered = meter(
      start({}),
      text('12345'),
      text('€'),
      block({ type: 'thinking_delta', thinking: '1234567' }),
      block({ type: 'input_json_delta', partial_json: '{"a":1}' }),
      block({ type: 'signature_delta', signature: 'x'.repeat(500) }),
      block({ type: 'citations_delta', citation: { cited_text: 'y' } }),
      'event: content_block_delta\ndata: {"delta": {"type": "text_delta", "text": "spaced"}}   \n\n',
      'event: content_block_delta\ndata: {"delta":{"type":"text_delta","text":"pad"}   }    \n\n',
      'event: content_block_delta\ndata: nonsense\n\n',
    );
    // The quotes of the tool input are escaped on the wire: two bytes more.
    expect(metered.outputBytes).toBe(5 + 3 + 7 + (7 + 2) + 6 + 3);
  });

  it('counts a delta that is much larger than a chunk without keeping it', () => {
    const bytes = Buffer.from(start({}) + text('z'.repeat(300_000)));
    const metered = createMessagesStreamMeter();
    for (let at = 0; at < bytes.length; at += 1_000) metered.push(bytes.subarray(at, at + 1_000));
    expect(metered.outputBytes).toBe(300_000);
  });
});

function split(total: number, fiveMinutes: number, oneHour: number): object {
  return {
    cache_creation_input_tokens: total,
    cache_creation: { ephemeral_5m_input_tokens: fiveMinutes, ephemeral_1h_input_tokens: oneHour },
  };
}
