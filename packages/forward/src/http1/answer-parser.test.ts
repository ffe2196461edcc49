import { describe, expect, it } from 'vitest';
import { parsePieces, parseText } from '../test-upstream/recording-target.ts';

const head = (...lines: string[]): string => `${['HTTP/1.1 200 OK', ...lines].join('\r\n')}\r\n\r\n`;
const CHUNKED = head('transfer-encoding: chunked');

describe('what could be read in two ways, or is no HTTP, fails', () => {
  const answers: [name: string, text: string][] = [
    ['both lengths', `${head('content-length: 3', 'transfer-encoding: chunked')}3\r\nabc\r\n0\r\n\r\n`],
    ['both lengths, the other way', `${head('Transfer-Encoding: chunked', 'Content-Length: 3')}0\r\n\r\n`],
    ['two lengths', `${head('content-length: 3', 'content-length: 4')}abcd`],
    ['the same length twice', `${head('content-length: 3', 'content-length: 3')}abc`],
    ['a list of lengths', `${head('content-length: 3, 3')}abc`],
    ['a length with a sign', `${head('content-length: +3')}abc`],
    ['a hexadecimal length', `${head('content-length: 0x3')}abc`],
    ['an empty length', head('content-length:')],
    ['a length beyond counting', head('content-length: 99999999999999999999')],
    ['another coding', `${head('transfer-encoding: gzip, chunked')}0\r\n\r\n`],
    ['chunked twice', `${head('transfer-encoding: chunked', 'transfer-encoding: chunked')}0\r\n\r\n`],
    ['an unknown coding', head('transfer-encoding: identity')],
    ['chunks in HTTP/1.0', 'HTTP/1.0 200 OK\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n'],
    ['a folded line', head('x-a: 1', ' 2', 'content-length: 0')],
    ['a folded line with a tab', head('x-a: 1', '\t2', 'content-length: 0')],
    ['a line without a colon', head('x-a', 'content-length: 0')],
    ['a space before the colon', head('content-length : 0')],
    ['an empty name', head(': 1', 'content-length: 0')],
    ['NUL in a value', head('x-a: a\0b', 'content-length: 0')],
    ['DEL in a value', head('x-a: a\u007fb', 'content-length: 0')],
    ['a bare LF', 'HTTP/1.1 200 OK\ncontent-length: 0\n\n'],
    ['a bare LF between headers', head('x-a: 1\nx-b: 2', 'content-length: 0')],
    ['a bare CR', head('x-a: 1\rx-b: 2', 'content-length: 0')],
    ['a bare LF as the blank line', 'HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\n'],
    ['101', 'HTTP/1.1 101 Switching\r\nupgrade: x\r\n\r\n'],
    ['HTTP/2 in words', 'HTTP/2.0 200 OK\r\n\r\n'],
    ['HTTP/1.2', 'HTTP/1.2 200 OK\r\n\r\n'],
    ['lower case', 'http/1.1 200 OK\r\n\r\n'],
    ['a status of two digits', 'HTTP/1.1 20 OK\r\n\r\n'],
    ['a status of four digits', 'HTTP/1.1 2000 OK\r\n\r\n'],
    ['a status below 100', 'HTTP/1.1 099 OK\r\n\r\n'],
    ['no status', 'HTTP/1.1 \r\n\r\n'],
    ['a blank line first', `\r\n${head('content-length: 0')}`],
    ['another protocol, without an end', '220 smtp.example ESMTP'],
    ['no chunk size', `${CHUNKED}\r\nabc`],
    ['a chunk size that is no number', `${CHUNKED}zz\r\n`],
    ['a chunk size with a prefix', `${CHUNKED}0x3\r\nabc\r\n`],
    ['a chunk size with a sign', `${CHUNKED}-1\r\n`],
    ['a chunk size with a space', `${CHUNKED}3 \r\nabc\r\n`],
    ['a chunk size beyond counting', `${CHUNKED}fffffffffffffff\r\n`],
    ['a chunk size that ends with LF', `${CHUNKED}3\nabc\r\n`],
    ['a chunk longer than its size', `${CHUNKED}3\r\nabcd\r\n`],
    ['a chunk without CR', `${CHUNKED}3\r\nabc\n0\r\n\r\n`],
    ['a CR and something else', `${CHUNKED}3\r\nabc\rx`],
    ['a control character in an extension', `${CHUNKED}3;a\nb\r\nabc\r\n`],
    ['an oversized extension', `${CHUNKED}3;${'x'.repeat(1025)}`],
    ['a bare LF in a trailer', `${CHUNKED}0\r\nx: 1\n\r\n`],
    ['oversized trailers', `${CHUNKED}0\r\n${'x: 1\r\n'.repeat(4000)}`],
    ['an oversized head', head(`x: ${'y'.repeat(33_000)}`, 'content-length: 0')],
    ['an oversized head without an end', `HTTP/1.1 200 OK\r\nx: ${'y'.repeat(33_000)}`],
    ['an endless row of 1xx', 'HTTP/1.1 100 Continue\r\n\r\n'.repeat(2000)],
  ];
  it.each(answers)('%s', (_name, text) => {
    expect(parseText(text).end).toBe('failed');
    expect(parsePieces(Array.from(text, (each) => Buffer.from(each, 'latin1'))).end).toBe('failed');
  });

  it('a fault in the body comes after the data before it', () => {
    expect(parseText(`${CHUNKED}3\r\nabc\r\nzz\r\n`)).toMatchObject({ body: 'abc', end: 'failed' });
  });
});

describe('good answers', () => {
  it.each([204, 304])('%i has no body, whatever its headers say', (status) => {
    const text = `HTTP/1.1 ${status} x\r\ncontent-length: 5\r\n\r\n`;
    expect(parseText(text)).toMatchObject({ status, body: '', end: 'done', isKeepAlive: true });
  });

  it('a body of length 0 ends with the head', () => {
    expect(parseText(head('content-length: 0'))).toMatchObject({ body: '', end: 'done' });
  });

  it('without length or chunks it lasts until the connection ends', () => {
    expect(parseText(`${head()}abc`)).toMatchObject({ body: 'abc', end: 'open' });
  });

  it.each([
    ['HTTP/1.1', [], true],
    ['HTTP/1.1', ['connection: close'], false],
    ['HTTP/1.1', ['Connection: Keep-Alive, Close'], false],
    ['HTTP/1.1', ['connection: keep-alive', 'connection: close'], false],
    ['HTTP/1.0', [], false],
    ['HTTP/1.0', ['connection: keep-alive'], true],
    ['HTTP/1.0', ['connection: x, keep-alive'], true],
  ])('%s with %j: may be used again: %s', (version, lines, isKeepAlive) => {
    const text = [`${version} 200 OK`, ...lines, 'content-length: 2', '', 'ab'].join('\r\n');
    expect(parseText(text)).toMatchObject({ body: 'ab', end: 'done', isKeepAlive });
  });

  it('passes over every 1xx but 101', () => {
    const text = `HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Hint\r\nlink: x\r\n\r\n${head('content-length: 0')}`;
    expect(parseText(text)).toMatchObject({ status: 200, end: 'done' });
    expect(parseText(text).headers).not.toHaveProperty('link');
  });

  it('reads extensions and trailers, and forgets them', () => {
    const text = `${CHUNKED}3;a="b"\r\nabc\r\nA\r\n0123456789\r\n000;last\r\nx-t: 1\r\nexpires: 2\r\n\r\n`;
    const answer = parseText(text);
    expect(answer).toMatchObject({ body: 'abc0123456789', end: 'done' });
    expect(Object.keys(answer.headers)).toEqual(['transfer-encoding']);
  });

  it('joins repeated headers and trims values; names are no properties of anything', () => {
    const lines = ['X-A: \t1 ', 'x-a:2', 'constructor: c', '__proto__: p', 'x-e:', 'content-length: 0'];
    const { headers } = parseText(head(...lines));
    expect(Object.entries(headers)).toEqual([
      ['x-a', '1, 2'],
      ['constructor', 'c'],
      ['__proto__', 'p'],
      ['x-e', ''],
      ['content-length', '0'],
    ]);
  });

  it('keeps bytes above ASCII as latin1', () => {
    expect(parseText(head('x-a: gr\u00fc\u00df', 'content-length: 0')).headers['x-a']).toBe('gr\u00fc\u00df');
  });
});
