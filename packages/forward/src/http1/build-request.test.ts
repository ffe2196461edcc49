import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { UpstreamRequest } from '../port.ts';
import { buildRequestHead } from './build-request.ts';

const build = (overrides: Partial<UpstreamRequest>): string | null =>
  buildRequestHead(
    {
      method: 'POST',
      origin: 'http://a',
      path: '/p',
      headers: {},
      body: null,
      connectTimeoutMs: 1,
      ...overrides,
    },
    'a',
  );

describe('buildRequestHead', () => {
  it.each<Partial<UpstreamRequest>>([
    { path: 'no-slash' },
    { path: '/a b' },
    { path: '/a\r\nx: 1' },
    { path: '/a\0' },
    { path: '/\u010d\u010a' },
    { path: '/\u00e9' },
    { headers: { 'x-a': 'b\r\nc: d' } },
    { headers: { 'x-a': 'b\n' } },
    { headers: { 'x-a': 'b\0' } },
    // As latin1, these would become CR and LF.
    { headers: { 'x-a': 'b\u010d\u010ac' } },
    { headers: { 'x-a\r\nb': 'c' } },
    { headers: { 'x a': 'c' } },
    { headers: { '': 'c' } },
  ])('%j is not written', (overrides) => {
    expect(build(overrides)).toBeNull();
  });

  it('leaves out what is the connection\u2019s own, in any case of letters', () => {
    const head = build({ headers: { Host: 'evil', 'Transfer-Encoding': 'chunked', TE: 'x', 'x-a': '1' } });
    expect(head).toBe(
      'POST /p HTTP/1.1\r\nhost: a\r\nconnection: keep-alive\r\naccept-encoding: identity\r\nx-a: 1\r\ncontent-length: 0\r\n\r\n',
    );
  });

  it('[API-2] a value that was written before does not stand in for another one', () => {
    const lineOf = (value: string): string | undefined =>
      build({ headers: { 'x-again': value } })?.match(/x-again: (.*)\r\n/u)?.[1];
    const long = 'l'.repeat(300);
    for (const value of ['1', '1', '2', '', '', '1', long, `${long}2`, '1'])
      expect(lineOf(value)).toBe(value);
    expect(build({ headers: { 'x-again': '1\r\ny: 2' } })).toBeNull();
    expect(build({ headers: { 'X-Again': '2', 'x-again': '3' } })).toContain('X-Again: 2\r\nx-again: 3\r\n');
  });

  it('says no length for a GET without a body', () => {
    expect(build({ method: 'GET' })).not.toContain('content-length');
    expect(build({ method: 'GET', body: Buffer.from('ab') })).toContain('content-length: 2\r\n');
  });

  it('whatever the caller gives, there is one head with the lines that were asked for, or none', () => {
    const text = fc.string({ unit: 'binary' });
    fc.assert(
      fc.property(text, fc.dictionary(text, text), (path, headers) => {
        const head = build({ path: `/${path}`, headers });
        if (head === null) return;
        expect(Buffer.from(head, 'latin1').indexOf('\r\n\r\n')).toBe(head.length - 4);
        expect(head.split('\r\n').length).toBeLessThanOrEqual(5 + Object.keys(headers).length + 2);
      }),
    );
  });
});
