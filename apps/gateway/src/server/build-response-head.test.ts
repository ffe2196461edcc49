import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { addHeaders, buildResponseHead } from './build-response-head.ts';

describe('buildResponseHead', () => {
  it('[REQ-3] puts our x-request-id first, and takes no other', () => {
    const head = buildResponseHead(200, { 'X-Request-Id': 'theirs', a: 'b' }, 'req_1');
    expect(head).toEqual({ line: '200 OK', lines: 'req_1\r\na: b' });
  });

  it('leaves out headers that the server writes itself', () => {
    const headers = { 'Content-Length': '5', connection: 'close', 'Transfer-Encoding': 'gzip', date: 'x' };
    expect(buildResponseHead(200, headers, 'r').lines).toBe('r');
  });

  it('[REQ-3] lets no header value end its line, for any text', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, text, (name, value) => {
        const [first, ...lines] = buildResponseHead(200, { [name]: value, a: value }, 'r').lines.split(
          '\r\n',
        );
        expect(first).toBe('r');
        expect(lines.length).toBeLessThanOrEqual(2);
        for (const line of lines) expect(line).toMatch(/^[^\s:\0]+: [^\0\r\n]*$/u);
      }),
    );
  });

  it('[API-2] a value that was written before does not stand in for another one', () => {
    const long = 'l'.repeat(300);
    for (const value of ['1', '1', '2', '', '', ' 2', '1', long, `${long}2`, '1']) {
      const { lines } = buildResponseHead(200, { 'x-again': value, 'X-Again': '3' }, 'r');
      expect(lines).toBe(`r\r\nx-again: ${value.trim()}\r\nX-Again: 3`);
    }
  });

  it('writes more names than it remembers', () => {
    for (let at = 0; at < 1_001; at += 1) buildResponseHead(200, { [`x-${at}`]: 'a' }, 'r');
    expect(buildResponseHead(200, { 'x-0': 'b', date: 'x' }, 'r').lines).toBe('r\r\nx-0: b');
  });

  it('keeps tabs and letters beyond ASCII in a value', () => {
    expect(buildResponseHead(200, { a: ' b\tcé ' }, 'r').lines).toBe('r\r\na: b\tcé');
  });

  it('[API-8] adds headers of ours behind the others', () => {
    const head = buildResponseHead(426, { a: 'b' }, 'r');
    expect(addHeaders(head, ['upgrade: x', 'connection: y'])).toEqual({
      line: '426 Upgrade Required',
      lines: 'r\r\na: b\r\nupgrade: x\r\nconnection: y',
    });
  });

  it.each([
    [429, '429 Too Many Requests'],
    [529, '529 Unknown'],
  ])('names the status %i', (status, line) => {
    expect(buildResponseHead(status, {}, 'r').line).toBe(line);
  });
});
