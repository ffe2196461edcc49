import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PROTOCOLS } from '@tollgate/core';
import { buildStreamEnd } from './build-stream-end.ts';
import { encodeSseEvent } from './encode-sse-event.ts';
import { EventEndFinder } from './event-end-finder.ts';
import { SseTap } from './sse-tap.ts';

function readEvents(bytes: Buffer): [string, string][] {
  const events: [string, string][] = [];
  const tap = new SseTap({
    selectDataBytesMax: () => 1 << 20,
    onEvent: (name, data) => events.push([name, data.toString()]),
    onForeignLine: () => events.push(['foreign', '']),
  });
  tap.push(bytes);
  tap.end();
  return events;
}

describe('encodeSseEvent', () => {
  it('any data is read back, line ends as LF', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), fc.constantFrom(null, 'error'), (data, name) => {
        const expected = data.replaceAll(/\r\n|\r/gu, '\n');
        expect(readEvents(encodeSseEvent(name, data))).toEqual([[name ?? '', expected]]);
      }),
    );
    expect(encodeSseEvent('a', 'x\ny').toString()).toBe('event: a\ndata: x\ndata: y\n\n');
  });
});

describe('buildStreamEnd', () => {
  it.each(PROTOCOLS)('%s', (protocol) => {
    expect(readEvents(buildStreamEnd(protocol))).toEqual(protocol === 'chat' ? [['', '[DONE]']] : []);
  });
});

describe('EventEndFinder', () => {
  const find = (chunks: Buffer[]): number[] => {
    const finder = new EventEndFinder();
    const ends: number[] = [];
    let offset = 0;
    for (const chunk of chunks) {
      for (let at = finder.find(chunk, 0); at !== -1; at = finder.find(chunk, at)) ends.push(offset + at);
      offset += chunk.length;
    }
    return ends;
  };

  it.each([
    ['LF', 'a\nb\n\nc\n\n', [5, 8]],
    ['CRLF', 'a\r\n\r\nb\r\n\r\n.', [5, 10]],
    ['CR', 'a\r\rb\r\r.', [3, 6]],
    ['mixed', 'a\n\r\nb\r\n\n.', [4, 8]],
    ['none', 'a\nb\r\nc\r', []],
  ])('%s', (_name, text, ends) => {
    expect(find([Buffer.from(text)])).toEqual(ends);
  });

  it('any cut gives the same ends', () => {
    const text = fc.array(fc.constantFrom('a', '\n', '\r', '\r\n'), { maxLength: 20 });
    fc.assert(
      fc.property(text, (parts) => {
        const bytes = Buffer.from(parts.join(''));
        expect(find([...bytes].map((byte) => Buffer.of(byte)))).toEqual(find([bytes]));
      }),
    );
  });
});
