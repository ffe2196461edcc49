import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { buildResponseHead } from './build-response-head.ts';

describe('buildResponseHead', () => {
  it('[REQ-3] puts our x-request-id first, and takes no other', () => {
    const head = buildResponseHead(200, { 'X-Request-Id': 'theirs', a: 'b' }, 'req_1');
    expect(head).toEqual({
      line: '200 OK',
      headers: [
        ['x-request-id', 'req_1'],
        ['a', 'b'],
      ],
    });
  });

  it('leaves out headers that the server writes itself', () => {
    const headers = { 'Content-Length': '5', connection: 'close', 'Transfer-Encoding': 'gzip', date: 'x' };
    expect(buildResponseHead(200, headers, 'r').headers).toEqual([['x-request-id', 'r']]);
  });

  it('[REQ-3] lets no header value end its line, for any text', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (name, value) => {
        for (const [key, shown] of buildResponseHead(200, { [name]: value, a: value }, 'r').headers) {
          expect(/[\0\r\n]/.test(key + shown)).toBe(false);
          expect(/[\s:]/.test(key)).toBe(false);
        }
      }),
    );
  });

  it('keeps tabs and letters beyond ASCII in a value', () => {
    expect(buildResponseHead(200, { a: 'b\tcé' }, 'r').headers[1]).toEqual(['a', 'b\tcé']);
  });

  it.each([
    [429, '429 Too Many Requests'],
    [529, '529 Unknown'],
  ])('names the status %i', (status, line) => {
    expect(buildResponseHead(status, {}, 'r').line).toBe(line);
  });
});
