import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { listProtocolRecordings } from '../testing/recorded-protocols.ts';
import { createUsageChunkFilter } from './usage-chunk-filter.ts';

function filter(bytes: Buffer, places: number[] = []): string {
  const created = createUsageChunkFilter();
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  const out: string[] = [];
  for (const [index, border] of borders.slice(1).entries()) {
    const chunk = Buffer.from(bytes.subarray(borders[index], border));
    out.push(created.push(chunk).toString('latin1'));
    chunk.fill(0);
  }
  out.push(created.end().toString('latin1'));
  return out.join('');
}

const USAGE = 'data: {"choices":[],"usage":{"prompt_tokens":1}}';
const TEXT = 'data: {"choices":[{"delta":{"content":"a"}}],"usage":null}';

describe('usage chunk filter', () => {
  for (const recording of listProtocolRecordings('chat', 'stream')) {
    it(`[MON-8][API-2] ${recording.file}: the extra chunk alone is gone, cut anywhere`, () => {
      const bytes = recording.readBytes();
      const text = bytes.toString('latin1');
      const extra = text
        .split(/(?<=\n\n)/u)
        .filter((event) => /"choices":\s*\[\],.*"usage":\s*\{/u.test(event));
      const expected = extra.reduce((rest, event) => rest.replace(event, ''), text);
      expect(extra.length).toBeLessThanOrEqual(1);
      fc.assert(
        fc.property(fc.array(fc.nat(), { maxLength: 40 }), (places) => {
          expect(filter(bytes, places)).toBe(expected);
        }),
        { numRuns: 20 },
      );
      expect(filter(bytes, [...bytes.keys()])).toBe(expected);
    });
  }

  it.each(['\n', '\r\n', '\r'])('[MON-8] line ends of the kind %j', (end) => {
    const [text, usage, done] = [TEXT, USAGE, 'data: [DONE]'].map((line) => line + end + end);
    const bytes = Buffer.from(`${text}${usage}${done}`);
    expect(filter(bytes)).toBe(`${text}${done}`);
    expect(filter(bytes, [...bytes.keys()])).toBe(`${text}${done}`);
  });

  it.each([
    ['an error beside it', 'data: {"choices":[],"usage":{},"error":{"message":"x"}}\n\n'],
    ['what Azure says of filters', 'data: {"choices":[],"prompt_filter_results":[]}\n\n'],
    [
      'usage with the finish',
      'data: {"choices":[{"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":1}}\n\n',
    ],
    [
      'the words in a text',
      `data: {"choices":[{"delta":{"content":${JSON.stringify('"choices":[],"usage":{')}}}]}\n\n`,
    ],
    ['garbage', '\u0000"usage":{"choices":[]\n\n\n\n'],
    ['an event that breaks off', 'data: {"choices":[],"usage":{"prompt_tok'],
  ])('[API-2] passes: %s', (_name, text) => {
    expect(filter(Buffer.from(text, 'latin1'))).toBe(text);
  });

  it('[MON-8] the last event without its blank line is kept from the client as well', () => {
    expect(filter(Buffer.from(`${TEXT}\n\n${USAGE}`))).toBe(`${TEXT}\n\n`);
  });

  it('[API-2] an event that does not end is passed on, not held', () => {
    const created = createUsageChunkFilter();
    const big = Buffer.from(`data: ${'x'.repeat(40_000)}`);
    expect(created.push(big).length).toBe(big.length);
    expect(created.push(Buffer.from(`yz\n\n${USAGE}\n\n${TEXT}\n\n`)).toString()).toBe(`yz\n\n${TEXT}\n\n`);
  });

  it('[API-2] any bytes but that chunk pass as they are', () => {
    const line = fc.constantFrom(TEXT, ': ping', '', 'data: x', 'event: y', '\r', '\n');
    const places = fc.array(fc.nat(), { maxLength: 20 });
    fc.assert(
      fc.property(fc.array(line, { maxLength: 20 }), places, (lines, cuts) => {
        const text = lines.join('\n');
        expect(filter(Buffer.from(text), cuts)).toBe(text);
      }),
    );
  });
});
