import type { IncomingMessage, ServerResponse } from 'node:http';
import { buildAddressList } from '@tollgate/config';
import { describe, expect, it } from 'vitest';
import { isFromForeignPage, isFromOwnPage } from './page-origin.ts';
import { buildSessionCookie, readSessionCookie } from './session-cookie.ts';
import { readWebRequest } from './web-request.ts';

const PROXY = '10.0.0.1';
const TOKEN = 'A'.repeat(43);

function read(headers: Record<string, string>, remoteAddress = PROXY, publicUrl: string | null = null) {
  const request = { headers, socket: { remoteAddress } } as unknown as IncomingMessage;
  const response = { headersSent: false } as ServerResponse;
  return readWebRequest(request, response, { trustedProxies: buildAddressList([PROXY]), publicUrl });
}

describe('readWebRequest', () => {
  const forwarded = {
    host: 'inside:8788',
    'x-forwarded-for': '1.2.3.4, 203.0.113.9',
    'x-forwarded-proto': 'http, https',
    'x-forwarded-host': 'evil.example, control.example.com',
  };

  it('[CTL-2] believes a trusted proxy, and of several hops the nearest', () => {
    expect(read(forwarded)).toMatchObject({
      address: '203.0.113.9',
      isHttps: true,
      ownOrigin: 'https://control.example.com',
    });
  });

  it('[CTL-2] believes nobody else', () => {
    expect(read(forwarded, '::ffff:198.51.100.2')).toMatchObject({
      address: '198.51.100.2',
      isHttps: false,
      ownOrigin: 'http://inside:8788',
    });
  });

  it('goes by the configured URL before everything that requests say', () => {
    const web = read(forwarded, PROXY, 'https://admin.example.com/tollgate');
    expect(web).toMatchObject({ isHttps: true, ownOrigin: 'https://admin.example.com' });
    expect(read(forwarded, PROXY, 'http://localhost:8788').isHttps).toBe(false);
  });

  it('survives garbage', () => {
    const web = read({
      host: 'no host',
      'user-agent': `a\u0000b${'x'.repeat(5_000)}`,
      'x-forwarded-for': '?',
    });
    expect(web).toMatchObject({ address: PROXY, ownOrigin: null });
    expect(web.userAgent).toMatch(/^a bx{197}$/);
    expect(read({}, '')).toMatchObject({ address: '', userAgent: '', ownOrigin: null });
  });
});

describe('the CSRF rule', () => {
  const ownOrigin = 'https://control.example.com';

  it.each([
    ['our page', { fetchSite: 'same-origin', origin: ownOrigin }, true],
    [
      'our page behind a proxy that changes Host',
      { fetchSite: 'same-origin', origin: 'https://other' },
      true,
    ],
    ['a neighbour’s page', { fetchSite: 'same-site', origin: 'https://x.example.com' }, false],
    ['a foreign page', { fetchSite: 'cross-site', origin: ownOrigin }, false],
    ['the address bar', { fetchSite: 'none', origin: undefined }, false],
    ['something new', { fetchSite: 'same-origin, none', origin: ownOrigin }, false],
    ['an old browser on our page', { fetchSite: undefined, origin: ownOrigin }, true],
    ['an old browser on another port', { fetchSite: undefined, origin: `${ownOrigin}:8443` }, false],
    ['an old browser on another host', { fetchSite: undefined, origin: 'https://evil.example' }, false],
    [
      'an old browser on our page without TLS',
      { fetchSite: undefined, origin: 'http://control.example.com' },
      false,
    ],
    ['a page without an origin', { fetchSite: undefined, origin: 'null' }, false],
    ['an empty Origin', { fetchSite: undefined, origin: '' }, false],
  ])('[CTL-2] %s', (_name, headers, isOwn) => {
    expect(isFromOwnPage({ ...headers, ownOrigin })).toBe(isOwn);
    expect(isFromForeignPage({ ...headers, ownOrigin })).toBe(!isOwn);
  });

  it('[CTL-2] a program has no page: with a cookie it is refused, without it is nobody’s victim', () => {
    const program = { fetchSite: undefined, origin: undefined, ownOrigin };
    expect([isFromOwnPage(program), isFromForeignPage(program)]).toEqual([false, false]);
  });

  it('[CTL-2] a host that is none has no pages; an untrusted proxy may end TLS', () => {
    expect(isFromOwnPage({ fetchSite: undefined, origin: 'null', ownOrigin: null })).toBe(false);
    const believed = 'http://control.example.com';
    expect(isFromOwnPage({ fetchSite: undefined, origin: ownOrigin, ownOrigin: believed })).toBe(true);
  });
});

describe('the session cookie', () => {
  it('[CTL-2] over https is bound to the host', () => {
    expect(buildSessionCookie(TOKEN, 3_600_999, true)).toBe(
      `__Host-tollgate_session=${TOKEN}; Path=/; Max-Age=3600; HttpOnly; SameSite=Strict; Secure`,
    );
    expect(buildSessionCookie('', 0, false)).toBe(
      'tollgate_session=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict',
    );
  });

  it.each([
    ['the one', `a=b; tollgate_session=${TOKEN};c=d`, false, TOKEN],
    ['none', undefined, false, null],
    ['an empty one', 'tollgate_session=', false, null],
    ['two: one is planted', `tollgate_session=${TOKEN}; tollgate_session=${'B'.repeat(43)}`, false, null],
    ['one that ends like it', `x_tollgate_session=${TOKEN}`, false, null],
    ['one that is too long', `tollgate_session=${TOKEN}A`, false, null],
    ['the plain one over https', `tollgate_session=${TOKEN}`, true, null],
    ['the bound one over https', `tollgate_session=x; __Host-tollgate_session=${TOKEN}`, true, TOKEN],
    ['the bound one over http', `__Host-tollgate_session=${TOKEN}`, false, null],
  ])('[CTL-2] reads %s', (_name, cookie, isHttps, token) => {
    expect(readSessionCookie({ cookie, isHttps })).toBe(token);
  });
});
