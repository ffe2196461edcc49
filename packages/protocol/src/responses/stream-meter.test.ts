import { describe, expect, it } from 'vitest';
import type { ProtocolStreamMeter } from '../meters/stream-meter.ts';
import { createResponsesStreamMeter } from './stream-meter.ts';

const event = (type: string, fields: object = {}): string =>
  `event: ${type}\ndata: ${JSON.stringify({ type, ...fields })}\n\n`;
const CREATED = event('response.created', { response: { id: 'r', usage: null } });
const ADDED = event('response.output_item.added', { output_index: 0, item: { type: 'message' } });
const completed = (response: object, type = 'response.completed'): string => event(type, { response });

function meter(...parts: string[]): ProtocolStreamMeter {
  const created = createResponsesStreamMeter();
  for (const part of parts) created.push(Buffer.from(part));
  return created;
}

describe('Responses streams', () => {
  it('[MON-8] usage is read behind megabytes of a generated image, cut into chunks', () => {
    const image = 'A'.repeat(3 << 20);
    const usage = { input_tokens: 9, output_tokens: 4, total_tokens: 13 };
    const bytes = Buffer.from(
      CREATED +
        completed({
          model: 'gpt-5',
          output: [{ type: 'image_generation_call', result: image }],
          tools: [{ type: 'image_generation', model: 'gpt-image-2' }],
          tool_usage: { image_gen: { input_tokens: 50, output_tokens: 1_000 } },
          usage,
        }),
    );
    const metered = createResponsesStreamMeter();
    for (let at = 0; at < bytes.length; at += 65_536) metered.push(bytes.subarray(at, at + 65_536));
    expect(metered.usage()).toMatchObject({ model: 'gpt-5', usage: { inputTokens: 9, outputTokens: 4 } });
    expect(metered.usage()?.extra).toMatchObject([
      { kind: 'image_generation', model: 'gpt-image-2', usage: { inputTokens: 50, outputTokens: 1_000 } },
    ]);
    expect(metered).toMatchObject({ isComplete: true, irregular: 0 });
  });

  it('[MON-8] searches are counted once, in the items or as the upstream sums them; opened pages are none', () => {
    const items = [
      { type: 'web_search_call', action: { type: 'search' } },
      { type: 'web_search_call', action: { type: 'open_page' } },
      { type: 'web_search_call' },
    ];
    const done = items.map((item) => event('response.output_item.done', { item }));
    const end = { output: items, usage: { input_tokens: 1 } };
    const count = (metered: ProtocolStreamMeter): number | undefined =>
      metered.usage()?.usage.webSearchRequests;
    expect(count(meter(CREATED, ...done, completed(end)))).toBe(2);
    expect(count(meter(CREATED, completed(end)))).toBe(2);
    expect(
      count(meter(CREATED, completed({ ...end, tool_usage: { web_search: { num_requests: 3 } } }))),
    ).toBe(3);
  });

  it('[MON-8] incomplete is an end with usage; a second answer begins anew and its figures win', () => {
    const first = completed({ usage: { input_tokens: 8, output_tokens: 1 } }, 'response.incomplete');
    const metered = meter(CREATED, ADDED, first);
    expect(metered.isComplete).toBe(true);
    metered.push(Buffer.from(CREATED));
    expect(metered.isComplete).toBe(false);
    metered.push(Buffer.from(completed({ usage: { input_tokens: 5, output_tokens: 2 } })));
    expect(metered.usage()?.usage).toMatchObject({ inputTokens: 5, outputTokens: 2 });
  });

  it('[SEL-5] created, queued, in_progress, pings and new events are prelude', () => {
    const prelude = CREATED + event('response.queued') + event('response.in_progress') + ': ping\n\n';
    const metered = meter(prelude, event('keepalive'), event('codex.rate_limits'));
    expect(metered).toMatchObject({ hasContent: false, isBroken: false });
    metered.push(Buffer.from(ADDED));
    expect(metered.hasContent).toBe(true);
  });

  it('[SEL-5] response.failed is an error, and what it says of usage counts', () => {
    const error = { code: 'rate_limit_exceeded', message: 'Please try again in 0.5s' };
    const metered = meter(CREATED, completed({ error, usage: { input_tokens: 7 } }, 'response.failed'));
    expect(metered.error).toMatchObject({ type: 'rate_limit_error', status: 429, retryAfterMs: 500 });
    expect(metered.usage()?.usage.inputTokens).toBe(7);
    expect(metered.isComplete).toBe(false);
  });

  it.each([
    ['flat', { code: 'server_error', message: 'x', param: null }, 'api_error'],
    [
      'nested',
      { error: { type: 'usage_limit_reached', message: 'x', resets_in_seconds: 60 } },
      'rate_limit_error',
    ],
    ['empty', {}, 'api_error'],
  ])('[SEL-5] the error event, %s', (_name, fields, type) => {
    expect(meter(event('error', fields)).error?.type).toBe(type);
    expect(meter(CREATED, completed({}), event('error', fields)).error).toBeNull();
  });

  it('events without their event line are known by their data', () => {
    const bytes = [CREATED, ADDED, completed({ usage: { input_tokens: 3 } })]
      .join('')
      .replaceAll(/^event.*\n/gmu, '');
    const metered = meter(bytes, 'data: [DONE]\n\n');
    expect(metered).toMatchObject({ isComplete: true, hasContent: true, isBroken: false });
    expect(metered.usage()?.usage.inputTokens).toBe(3);
  });

  it.each([
    ['HTML', '<html>\n'],
    ['content before created', ADDED],
    ['a chat chunk', 'data: {"choices":[{"delta":{"content":"a"}}]}\n\n'],
    ['nothing', ''],
  ])('[SEL-5] no stream of this protocol: %s', (_name, bytes) => {
    const metered = meter(bytes);
    metered.end();
    expect(metered).toMatchObject({ isBroken: true, isComplete: false, hasContent: false });
  });

  it.each([
    'event: response.completed\ndata: {"type":"response.completed","response":{"usage":{"input_tokens":1}',
    'event: response.completed\ndata: ',
  ])('an end that breaks off is none: %s', (bytes) => {
    const metered = meter(CREATED, ADDED, bytes);
    metered.end();
    expect(metered.isComplete).toBe(false);
  });

  it('[MON-7] counts what the deltas carry, whatever stands behind it', () => {
    const delta = (value: string): string =>
      event('response.output_text.delta', { delta: value, obfuscation: 'xxxxxxxx', logprobs: [] });
    const big = 'z'.repeat(100_000);
    const metered = meter(CREATED, ADDED, delta('1234'), delta('5'), delta(big));
    expect(metered.outputBytes).toBe(5 + big.length);
  });
});
