import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { SseTap } from './sse-tap.ts';

function readEvents(chunks: Buffer[]): unknown[] {
  const events: unknown[] = [];
  const tap = new SseTap({
    selectDataBytesMax: () => 1 << 20,
    onEvent: (name, data, dataBytes, startAt, isCut) =>
      events.push([name, data.toString('latin1'), dataBytes, startAt, isCut]),
    onForeignLine: () => events.push('foreign'),
  });
  for (const chunk of chunks) tap.push(chunk);
  tap.end();
  return events;
}

function cutAt(bytes: Buffer, places: number[]): Buffer[] {
  const borders = [0, ...places.map((place) => place % (bytes.length + 1)), bytes.length];
  borders.sort((a, b) => a - b);
  return borders.slice(1).map((border, index) => Buffer.from(bytes.subarray(borders[index], border)));
}

const line = fc.oneof(
  fc.constantFrom('', '', 'event: message_delta', 'data: {"a":1}', 'data', 'data:', ':', ': c', 'id: 1', 'x'),
  fc.string({ maxLength: 12, unit: 'binary' }),
);
const text = fc
  .array(fc.tuple(line, fc.constantFrom('\n', '\r\n', '\r')), { maxLength: 40 })
  .map((lines) => lines.map(([content, end]) => content + end).join(''));

describe('SseTap', () => {
  it('any split of the same bytes gives the same events', () => {
    fc.assert(
      fc.property(text, fc.array(fc.nat(), { maxLength: 30 }), (whole, places) => {
        const bytes = Buffer.from(whole);
        expect(readEvents(cutAt(bytes, places))).toEqual(readEvents([bytes]));
      }),
      { numRuns: 500 },
    );
  });

  it('random bytes never throw', () => {
    fc.assert(
      fc.property(fc.array(fc.uint8Array({ maxLength: 60 }), { maxLength: 20 }), (chunks) => {
        expect(() => readEvents(chunks.map((chunk) => Buffer.from(chunk)))).not.toThrow();
      }),
    );
  });
});
