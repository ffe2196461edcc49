import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildChunk, LAST_CHUNK } from '../test-upstream/http-text.ts';
import { parsePieces } from '../test-upstream/recording-target.ts';

const token = fc.stringMatching(/^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,20}$/u).filter(isNoFraming);
const value = fc.stringMatching(/^[\t\x20-\x7e]{0,40}$/u);
const bytes = fc.uint8Array({ maxLength: 300 }).map((each) => Buffer.from(each));

function isNoFraming(name: string): boolean {
  return !/^(?:content-length|transfer-encoding|connection|keep-alive)$/iu.test(name);
}

const head = fc
  .tuple(fc.constantFrom('200 OK', '404 ', '529', '204 No Content'), fc.array(fc.tuple(token, value)))
  .map(([status, headers]) =>
    [`HTTP/1.1 ${status}`, ...headers.map(([name, text]) => `${name}:${text}`)].join('\r\n'),
  );
const sized = fc
  .tuple(head, bytes)
  .map(([lines, body]) =>
    Buffer.concat([Buffer.from(`${lines}\r\nContent-Length: ${body.length}\r\n\r\n`), body]),
  );
const chunked = fc
  .tuple(head, fc.array(bytes))
  .map(([lines, chunks]) =>
    Buffer.concat([
      Buffer.from(`HTTP/1.1 103 Hint\r\nlink: </a>\r\n\r\n${lines}\r\nTransfer-Encoding: chunked\r\n\r\n`),
      ...chunks.filter((chunk) => chunk.length > 0).map(buildChunk),
      Buffer.from(LAST_CHUNK),
    ]),
  );
const untilClose = fc
  .tuple(head, bytes)
  .map(([lines, body]) => Buffer.concat([Buffer.from(`${lines}\r\n\r\n`), body]));
const answer = fc.oneof(sized, chunked, untilClose);

/** A good answer with some bytes replaced, put in or taken out. */
const damaged = fc
  .tuple(answer, fc.array(fc.tuple(fc.nat(), fc.constantFrom('\r', '\n', '\0', ':', ' ', 'f', ''))))
  .map(([whole, damages]) =>
    Buffer.from(
      damages.reduce((text, [at, put]) => {
        const index = at % (text.length + 1);
        return text.slice(0, index) + put + text.slice(index + 1);
      }, whole.toString('latin1')),
      'latin1',
    ),
  );

function cut(whole: Buffer, cuts: readonly number[]): Buffer[] {
  const at = [...new Set(cuts.map((each) => each % (whole.length + 1)))].toSorted((a, b) => a - b);
  return [0, ...at].map((from, index) => whole.subarray(from, at[index] ?? whole.length));
}

const cuts = fc.array(fc.nat(), { maxLength: 12 });

describe('AnswerParser', () => {
  it('reads the same from any cut of a good answer', () => {
    fc.assert(
      fc.property(answer, cuts, (whole, at) => {
        const once = parsePieces([whole]);
        expect(once.end).not.toBe('failed');
        expect(once.status).not.toBe(0);
        expect(parsePieces(cut(whole, at))).toEqual(once);
      }),
    );
  });

  it('reads the same byte by byte', () => {
    fc.assert(
      fc.property(answer, (whole) => {
        const bytewise = Array.from(whole, (byte) => Buffer.of(byte));
        expect(parsePieces(bytewise)).toEqual(parsePieces([whole]));
      }),
    );
  });

  it('comes to the same verdict over any cut of a damaged answer', () => {
    fc.assert(
      fc.property(damaged, cuts, (whole, at) => {
        expect(parsePieces(cut(whole, at))).toEqual(parsePieces([whole]));
      }),
      { numRuns: 1000 },
    );
  });

  it('never throws on garbage, and tells of no answer', () => {
    fc.assert(
      fc.property(fc.array(bytes), (pieces) => {
        const { status, end } = parsePieces(pieces);
        expect([status, end === 'done']).toEqual([0, false]);
      }),
    );
  });
});
