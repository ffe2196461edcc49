import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { HELD_BYTES_MAX, createAnswerModelRewriter } from './answer-model-rewriter.ts';

/** The bytes are overwritten after each push, as the upstream client may do with its read buffer. */
function rewriteChunks(chunks: readonly Buffer[]): string {
  const rewriter = createAnswerModelRewriter('asked "1"');
  const sent: Buffer[] = [];
  for (const chunk of chunks) {
    const mine = Buffer.from(chunk);
    sent.push(Buffer.from(rewriter.push(mine)));
    mine.fill('x');
  }
  sent.push(rewriter.end());
  return Buffer.concat(sent).toString();
}

function cut(text: string, cuts: readonly number[]): Buffer[] {
  const bytes = Buffer.from(text);
  const at = [0, ...cuts.map((index) => index % (bytes.length + 1)).toSorted((a, b) => a - b), bytes.length];
  return at.slice(1).map((end, index) => bytes.subarray(at[index], end));
}

const START = '{"type":"message_start","message":{"id":"msg_1","model":"MODEL","usage":{"model":"deep"}}   }';
const DELTA =
  'event: content_block_delta\ndata: {"type":"content_block_delta","delta":{"text":"model é😀"}}\n\n';
const STREAM =
  `event: message_start\ndata: ${START}\n\n` +
  'event: ping\ndata: {"type": "ping"}\n\n' +
  DELTA +
  'event: message_delta\ndata: {"type":"message_delta","model":"MODEL"}\n\n' +
  'event: content_block_delta\ndata: {"type":"message_start","message":{"model":"not touched"}}\n\n' +
  `id: 7\nevent: message_start\ndata: ${START}\n\n` +
  'event: message_stop\ndata: {"type":"message_stop"}\n\n';

const expected = (text: string): string =>
  text.replaceAll(/(_start","message":\{"id":"msg_1","model":)"MODEL"/g, '$1"asked \\"1\\""');

const bytewise = (text: string): Buffer[] => [...Buffer.from(text)].map((byte) => Buffer.from([byte]));

const forms: [string, string][] = [
  ['LF', STREAM],
  ['CRLF', STREAM.replaceAll('\n', '\r\n')],
  ['CR', STREAM.replaceAll('\n', '\r')],
  ['a byte order mark', `\ufeff${STREAM}`],
  ['comments before, blank lines between', `: hello\n\n\n\n: again\n${STREAM}`],
  [
    'no space after the colon',
    STREAM.replaceAll(': message_start', ':message_start').replaceAll('data: ', 'data:'),
  ],
  ['data without event', STREAM.replaceAll('event: message_start\n', '')],
  ['data before event', STREAM.replaceAll(/(event: message_start\n)(data: .*\n)/g, '$2$1')],
  ['no last blank line', STREAM.trimEnd()],
];

describe('[API-2] createAnswerModelRewriter', () => {
  it.each(forms)('rewrites message_start and nothing else: %s', (_, stream) => {
    expect(expected(stream)).not.toBe(stream);
    expect(rewriteChunks([Buffer.from(stream)])).toBe(expected(stream));
  });

  it.each(forms)('gives the same bytes byte by byte: %s', (_, stream) => {
    expect(rewriteChunks(bytewise(stream))).toBe(expected(stream));
  });

  it.each(forms)('gives the same bytes for any cuts: %s', (_, stream) => {
    fc.assert(
      fc.property(fc.array(fc.nat({ max: 5000 }), { maxLength: 12 }), (cuts) => {
        expect(rewriteChunks(cut(stream, cuts))).toBe(expected(stream));
      }),
      { numRuns: 200 },
    );
  });

  it('data over several lines', () => {
    const stream = `event: message_start\ndata: {"type":"message_start",\ndata:"message":\ndata: {"model":"MODEL"}}\n\n`;
    const wanted = stream.replace('"MODEL"', '"asked \\"1\\""');
    expect(rewriteChunks([Buffer.from(stream)])).toBe(wanted);
    expect(rewriteChunks(bytewise(stream))).toBe(wanted);
  });

  it.each([
    '',
    '\n\n',
    'event: message_start\n\n',
    'event: message_start\ndata: {"type":"message_start","message":{"model":"cut\n\n',
    'event: message_start\ndata: {"type":"message_start","message":{"model":7}}\n\n',
    'event: message_start\ndata: {"type":"message_start","message":["model"]}\n\n',
    'event: message_start\ndata: {"type":"error","message":{"model":"x"}}\n\n',
    'event: message_start\ndata: {"type":"message_start","message":{"model":"x"}}',
    'event: error\ndata: {"type":"error","error":{"type":"overloaded_error"}}\n\n',
    '<html>no stream at all</html>',
    `: ${'long comment '.repeat(100)}\nevent: message_start\n`,
  ])('passes %.70j as it is', (stream) => {
    expect(rewriteChunks([Buffer.from(stream)])).toBe(stream);
    expect(rewriteChunks(bytewise(stream))).toBe(stream);
  });

  it('any text passes as it is, whatever the cuts', () => {
    const shard = fc.constantFrom(
      'event: message_start',
      'data: {"type":"message_start"',
      '\n',
      '\r',
      '\r\n',
      ':',
      'é',
      '}',
    );
    fc.assert(
      fc.property(fc.array(shard), fc.array(fc.nat({ max: 500 }), { maxLength: 8 }), (shards, cuts) => {
        const stream = shards.join('');
        expect(rewriteChunks(cut(stream, cuts))).toBe(stream);
      }),
      { numRuns: 1000 },
    );
  });

  it('sends the rest of a stream on at once and without a copy', () => {
    const rewriter = createAnswerModelRewriter('asked');
    rewriter.push(Buffer.from(`event: message_start\ndata: ${START}\n\n`));
    const chunk = Buffer.from(DELTA);
    expect(rewriter.push(chunk)).toBe(chunk);
    const withReturns = Buffer.from(DELTA.replaceAll('\n', '\r\n'));
    expect(rewriter.push(withReturns)).toBe(withReturns);
    const half = Buffer.from(DELTA.slice(0, 40));
    expect(rewriter.push(half)).toBe(half);
  });

  it('sends both halves of a cut CRLF at once', () => {
    const rewriter = createAnswerModelRewriter('asked');
    expect(rewriter.push(Buffer.from('event: ping\r\ndata: {}\r\n\r')).toString()).toMatch(/\r\n\r$/);
    expect(rewriter.push(Buffer.from('\n')).toString()).toBe('\n');
  });

  it('holds at most a bounded part of a message_start that never ends', () => {
    const rewriter = createAnswerModelRewriter('asked');
    const head = `event: message_start\ndata: {"x":"`;
    let sentBytes = rewriter.push(Buffer.from(head)).length;
    let pushedBytes = head.length;
    for (; pushedBytes < HELD_BYTES_MAX * 4; pushedBytes += 1000)
      sentBytes += rewriter.push(Buffer.alloc(1000, 'y')).length;
    expect(pushedBytes - sentBytes).toBeLessThanOrEqual(HELD_BYTES_MAX);
    expect(sentBytes + rewriter.end().length).toBe(pushedBytes);
  });
});
