import { describe, expect, it } from 'vitest';
import { RESERVED_OUTPUT_TOKENS_MAX, estimateInputTokens, estimateTokens } from './estimate-tokens.ts';
import { scanMessagesBody } from './scan-messages-body.ts';

function estimate(content: unknown, fields: object = {}): { input: number; total: number } {
  const body = Buffer.from(JSON.stringify({ model: 'm', ...fields, messages: [{ role: 'user', content }] }));
  const scan = scanMessagesBody(body);
  if (!scan.ok) throw new Error(scan.message);
  const input = { bodyBytes: body.length, scan };
  return { input: estimateInputTokens(input), total: estimateTokens(input) };
}

const base64 = (bytes: number): string => Buffer.alloc(bytes, 0xa7).toString('base64');
const picture = (bytes: number): object => ({
  type: 'image',
  source: { type: 'base64', media_type: 'image/png', data: base64(bytes) },
});
const nothing = estimate([]).input;

describe('[LIM-2] estimateInputTokens', () => {
  it('counts text by its bytes', () => {
    expect(estimate('word '.repeat(8000)).input - nothing).toBe(10_000);
    expect(estimate('日本語'.repeat(4000)).input - nothing).toBe(9000);
  });

  it('a picture costs some 1,600 tokens, however large', () => {
    for (const bytes of [60_000, 1_000_000, 8_000_000]) {
      expect(estimate([picture(bytes)]).input - nothing).toBeGreaterThan(1500);
      expect(estimate([picture(bytes)]).input - nothing).toBeLessThan(1700);
    }
  });

  it('pictures add up, a small one costs less, and a data URL is one too', () => {
    expect(estimate([picture(90_000), picture(90_000)]).input - nothing).toBeGreaterThan(3000);
    expect(estimate([picture(4000)]).input - nothing).toBeLessThan(200);
    const url = `data:image/png;base64,${base64(300_000)}`;
    expect(estimate([{ type: 'image_url', image_url: { url } }]).input - nothing).toBeLessThan(1700);
    const data = base64(300_000);
    for (const file of [{ data, mimeType: 'image/png' }, { format: 'wav', data }, { file_data: url }])
      expect(estimate([{ type: 'file', file }]).input - nothing).toBeLessThan(1700);
  });

  it('a picture inside a tool result is one', () => {
    const result = { type: 'tool_result', tool_use_id: 't', content: [picture(300_000)] };
    expect(estimate([result]).input - nothing).toBeLessThan(1700);
  });

  it.each([
    ['code without blanks', 'f(x){return(x);}'.repeat(500)],
    ['text with line feeds', 'QUJD\n'.repeat(2000)],
    ['a list', 'apple,pear;'.repeat(700)],
    ['prose that ends in a key', `${'Keep this: '.repeat(400)}${base64(120)}`],
    ['words in base64 letters', 'lorem ipsum '.repeat(700)],
    ['one word of 80,000 letters', 'x'.repeat(80_000)],
    ['base64 that stands in a text', base64(60_000)],
    ['a data URL that stands in a text', `data:image/png;base64,${base64(60_000)}`],
  ])('%s is text', (_, words) => {
    const bytes = JSON.stringify(words).length;
    expect(estimate(words).input - nothing).toBeGreaterThanOrEqual(Math.floor(bytes / 4));
  });

  it.each<[string, object]>([
    ['a block of text', { type: 'text', text: 'x'.repeat(80_000) }],
    ['a field named data without a media type', { type: 'tool_use', input: { data: 'x'.repeat(80_000) } }],
    ['a media type of another object', { media_type: 'image/png', source: { data: 'x'.repeat(80_000) } }],
    [
      'a media type far away',
      { source: { media_type: 'image/png', x: 'x'.repeat(600), data: 'x'.repeat(80_000) } },
    ],
    ['a media type that is a value', { source: { type: '"media_type":', data: 'x'.repeat(80_000) } }],
    ['a long URL', { image_url: { url: `https://h.example/${'x'.repeat(80_000)}` } }],
    ['a long name', { source: { media_type: 'image/png', data: 'x', ['x'.repeat(80_000)]: 1 } }],
    ['data with blanks', { source: { media_type: 'image/png', data: 'lorem ipsum '.repeat(7000) } }],
  ])('%s is text', (_, block) => {
    expect(estimate([block]).input - nothing).toBeGreaterThanOrEqual(20_000);
  });

  it('is whole and more than 0 for the least body', () => {
    expect(nothing).toBeGreaterThan(0);
    expect(Number.isInteger(estimate('x').input)).toBe(true);
  });
});

describe('[LIM-2] estimateTokens', () => {
  it('reserves max_tokens up to the cap, and the cap where it is absent', () => {
    const reserved = (fields: object): number => {
      const { input, total } = estimate('hi', fields);
      return total - input;
    };
    expect(reserved({ max_tokens: 100 })).toBe(100);
    expect(reserved({ max_tokens: 0 })).toBe(0);
    expect(reserved({ max_tokens: Number.MAX_SAFE_INTEGER })).toBe(RESERVED_OUTPUT_TOKENS_MAX);
    expect(reserved({})).toBe(RESERVED_OUTPUT_TOKENS_MAX);
  });

  it('takes another cap', () => {
    const scan = { binaryBytes: 0, binaryBytesCapped: 0, maxTokens: 500 };
    expect(estimateTokens({ bodyBytes: 400, scan, outputTokensMax: 50 })).toBe(150);
  });
});
