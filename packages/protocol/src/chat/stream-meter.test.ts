import { describe, expect, it } from 'vitest';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { createChatStreamMeter } from './stream-meter.ts';

const chunk = (fields: object): string =>
  `data: ${JSON.stringify({ id: 'c', object: 'chat.completion.chunk', model: 'gpt', ...fields })}\n\n`;
const choice = (delta: object, reason: string | null = null, index = 0): string =>
  chunk({ choices: [{ index, delta, finish_reason: reason }] });
const ROLE = choice({ role: 'assistant', content: '', refusal: null });
const text = (content: string): string => choice({ content });
const FINISH = choice({}, 'stop');
const usage = (fields: object): string => chunk({ choices: [], usage: fields });
const DONE = 'data: [DONE]\n\n';

function meter(...parts: string[]): ProtocolStreamMeter {
  const created = createChatStreamMeter();
  for (const part of parts) created.push(Buffer.from(part));
  return created;
}

describe('usage of Chat Completions streams', () => {
  it('[MON-8] cached and written prompt tokens are inside the prompt, reasoning inside the output', () => {
    const metered = meter(
      ROLE,
      usage({
        prompt_tokens: 100,
        completion_tokens: 30,
        total_tokens: 130,
        prompt_tokens_details: { cached_tokens: 60, cache_write_tokens: 15, audio_tokens: 5 },
        completion_tokens_details: { reasoning_tokens: 12, audio_tokens: 7 },
      }),
    ).usage();
    expect(metered?.usage).toMatchObject({
      inputTokens: 25,
      cacheReadTokens: 60,
      cacheWrite5mTokens: 15,
      outputTokens: 30,
      reasoningTokens: 12,
    });
    expect(metered?.media).toMatchObject({ audioInputTokens: 5, audioOutputTokens: 7 });
    expect(metered?.model).toBe('gpt');
  });

  it('[MON-8] cumulative usage on every chunk is never summed', () => {
    const metered = meter(
      chunk({
        choices: [{ index: 0, delta: { role: 'assistant', content: 'a' } }],
        usage: { prompt_tokens: 7, completion_tokens: 1 },
      }),
      chunk({
        choices: [{ index: 0, delta: { content: 'b' } }],
        usage: { prompt_tokens: 7, completion_tokens: 2 },
      }),
      usage({ completion_tokens: 3 }),
    );
    expect(metered.usage()?.usage).toMatchObject({ inputTokens: 7, outputTokens: 3 });
  });

  it.each([
    [
      'its total says so',
      {
        prompt_tokens: 12,
        completion_tokens: 2,
        total_tokens: 354,
        completion_tokens_details: { reasoning_tokens: 340 },
      },
      342,
    ],
    [
      'it exceeds the output',
      { prompt_tokens: 12, completion_tokens: 2, completion_tokens_details: { reasoning_tokens: 340 } },
      342,
    ],
    [
      'it is inside',
      {
        prompt_tokens: 12,
        completion_tokens: 400,
        total_tokens: 412,
        completion_tokens_details: { reasoning_tokens: 340 },
      },
      400,
    ],
  ])('[MON-8] reasoning beside the output is output too: %s', (_name, figures, outputTokens) => {
    expect(meter(ROLE, usage(figures)).usage()?.usage).toMatchObject({ outputTokens, reasoningTokens: 340 });
  });

  it.each([
    ['DeepSeek', { prompt_tokens: 10, prompt_cache_hit_tokens: 4 }],
    ['Moonshot', { prompt_tokens: 10, cached_tokens: 4 }],
    ['more read than there was', { prompt_tokens: 4, prompt_tokens_details: { cached_tokens: 9 } }],
  ])('[MON-8] cache reads of %s', (_name, figures) => {
    expect(meter(ROLE, usage(figures)).usage()?.usage.cacheReadTokens).toBe(4);
  });

  it.each([
    ['DashScope', { prompt_tokens_details: { cached_tokens: 10, cache_creation_input_tokens: 40 } }],
    ['LiteLLM', { prompt_tokens_details: { cached_tokens: 10, cache_creation_tokens: 40 } }],
    ['others', { prompt_tokens_details: { cached_tokens: 10 }, cache_creation_input_tokens: 40 }],
    [
      'OpenAI beside',
      {
        prompt_tokens_details: { cached_tokens: 10, cache_write_tokens: 40 },
        cache_creation_input_tokens: 7,
      },
    ],
  ])('[MON-8] cache writes of %s', (_name, figures) => {
    const { usage: tokens } = meter(ROLE, usage({ prompt_tokens: 100, ...figures })).usage() ?? {};
    expect(tokens).toMatchObject({ inputTokens: 50, cacheReadTokens: 10, cacheWrite5mTokens: 40 });
  });

  it('[MON-8] Groq has its usage in a field of its own', () => {
    const metered = meter(
      ROLE,
      text('a'),
      chunk({
        choices: [{ index: 0, delta: {}, finish_reason: 'stop' }],
        x_groq: { usage: { prompt_tokens: 3, completion_tokens: 4 } },
      }),
    );
    expect(metered.usage()?.usage).toMatchObject({ inputTokens: 3, outputTokens: 4 });
    metered.end();
    expect(metered.isComplete).toBe(true);
  });

  it.each([-1, 1.5, '7', 1e300, Number.MAX_SAFE_INTEGER])('[MON-8] %j is no token count', (value) => {
    const metered = meter(ROLE, usage({ prompt_tokens: 5 }), usage({ prompt_tokens: value }));
    expect(metered.usage()?.usage.inputTokens).toBe(5);
    expect(metered.irregular).toBe(1);
  });

  it('the word usage in a text is no usage', () => {
    const metered = meter(
      ROLE,
      text('a'),
      text('"usage":{"prompt_tokens":9}'),
      text('"finish_reason":"stop"'),
    );
    expect(metered.usage()).toBeNull();
    expect(metered.isFinished).toBe(false);
  });
});

describe('states of Chat Completions streams', () => {
  it('[SEL-5] role, comments and what Azure says of filters are prelude', () => {
    const prelude = `: PROCESSING\n\n${chunk({ id: '', choices: [], prompt_filter_results: [{}] })}${ROLE}`;
    const metered = meter(prelude);
    expect(metered).toMatchObject({ hasContent: false, isBroken: false });
    metered.push(Buffer.from(text('hi')));
    expect(metered.firstContentAt).toBe(prelude.length);
  });

  it.each([
    ['text', { content: 'a' }],
    ['reasoning', { reasoning_content: 'a' }],
    ['a tool call', { tool_calls: [{ index: 0, id: 'c', function: { name: 'f', arguments: '' } }] }],
    ['a refusal', { refusal: 'no' }],
    ['parts', { content: [{ type: 'text', text: 'a' }] }],
    ['audio', { audio: { id: 'a' } }],
  ])('[SEL-5] content: %s', (_name, delta) => {
    expect(meter(choice({ role: 'assistant', ...delta })).hasContent).toBe(true);
  });

  it.each([
    [
      'an object with error',
      'data: {"error":{"message":"slow","type":"server_error","code":null}}\n\n',
      'api_error',
      500,
    ],
    [
      'the event of Groq',
      'event: error\ndata: {"error":{"message":"x","code":"rate_limit_exceeded"}}\n\n',
      'rate_limit_error',
      429,
    ],
    [
      'a status as code',
      'data: {"id":"g","error":{"code":502,"message":"x"},"choices":[{"index":0,"delta":{"content":""},"finish_reason":"error"}]}\n\n',
      'api_error',
      502,
    ],
    ['an event that is no JSON', 'event: error\ndata: oops\n\n', 'api_error', 500],
  ])('[SEL-5] errors inside a 200: %s', (_name, bytes, type, status) => {
    for (const before of ['', ROLE + text('a')]) {
      const metered = meter(before, bytes, DONE);
      expect(metered.error).toMatchObject({ type, status });
      metered.end();
      expect(metered).toMatchObject({ isComplete: false, hasContent: before !== '' });
    }
  });

  it('an error that is null is none, and none is one behind the end', () => {
    expect(meter(chunk({ choices: [], error: null }), ROLE).error).toBeNull();
    expect(meter(ROLE, text('a'), FINISH, DONE, 'data: {"error":{"message":"late"}}\n\n').error).toBeNull();
  });

  it('the end is [DONE]; without it, all finish reasons and the usage', () => {
    expect(meter(ROLE, text('a'), FINISH, DONE).isComplete).toBe(true);
    for (const [parts, isComplete] of [
      [[ROLE, text('a'), FINISH, usage({ prompt_tokens: 1 })], true],
      [[ROLE, text('a'), FINISH], false],
      [[ROLE, text('a'), usage({ prompt_tokens: 1 })], false],
      [[ROLE, choice({ role: 'assistant' }, null, 1), FINISH, usage({ prompt_tokens: 1 })], false],
    ] as const) {
      const metered = meter(...parts);
      expect(metered.isComplete).toBe(false);
      metered.end();
      expect(metered.isComplete).toBe(isComplete);
    }
  });

  it.each([
    ['HTML', '<html>\n'],
    ['text', 'data: hello\n\n'],
    ['only the end', DONE],
    ['a stream of Messages', 'event: message_start\ndata: {"type":"message_start","message":{}}\n\n'],
    ['nothing', ''],
  ])('[SEL-5] no stream of this protocol: %s', (_name, bytes) => {
    const metered = meter(bytes);
    metered.end();
    expect(metered).toMatchObject({ isBroken: true, isComplete: false, hasContent: false });
  });

  it('[MON-7] counts text, reasoning and tool input, and no names or ids', () => {
    const metered = meter(
      ROLE,
      text('12345'),
      choice({ reasoning_content: '123' }),
      choice({ tool_calls: [{ index: 0, id: 'call_1', function: { name: 'f', arguments: '{}' } }] }),
      choice({ tool_calls: [{ index: 0, function: { arguments: 'abcd' } }] }),
      choice({ content: [{ type: 'text', text: 'xy' }] }),
    );
    expect(metered.outputBytes).toBe(5 + 3 + 2 + 4 + 2);
  });
});
