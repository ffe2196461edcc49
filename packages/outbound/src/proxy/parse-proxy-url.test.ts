import { describe, expect, it } from 'vitest';
import { parseProxyUrl } from './parse-proxy-url.ts';

describe('parse-proxy-url', () => {
  it.each([
    ['http://proxy.example', 'http', 'proxy.example', 80],
    ['http://proxy.example:3128', 'http', 'proxy.example', 3128],
    ['https://proxy.example:443', 'https', 'proxy.example', 443],
    ['socks5://10.1.2.3', 'socks5', '10.1.2.3', 1080],
    ['socks5://[2606:4700::1]:9', 'socks5', '2606:4700::1', 9],
  ])('[ACC-7] reads %s', (text, scheme, host, port) => {
    expect(parseProxyUrl(text)).toEqual({ scheme, host, port, credentials: null });
  });

  it.each([
    ['http://ann:s%40cret@p.example', 'ann', 's@cret'],
    ['socks5://ann@p.example', 'ann', ''],
    ['https://a%3fb:c%zz@p.example', 'a?b', 'c%zz'],
  ])('[ACC-7] undoes the escapes of user and password: %s', (text, username, password) => {
    expect(parseProxyUrl(text)?.credentials).toEqual({ username, password });
  });

  it.each(['', 'proxy.example:3128', 'ftp://p.example', 'socks4://p.example', 'http://', 'http://p:99999'])(
    'is null for %j',
    (text) => expect(parseProxyUrl(text)).toBeNull(),
  );
});
