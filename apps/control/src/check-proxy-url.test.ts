import { describe, expect, it } from 'vitest';
import { createProxyUrlCheck } from './check-proxy-url.ts';

const check = createProxyUrlCheck(['10.1.0.0/16']);

describe('check-proxy-url', () => {
  it.each([
    ['http://proxy.example.com', 'http://proxy.example.com:80', 'http://proxy.example.com:80'],
    ['HTTPS://Proxy.Example.com/', 'https://proxy.example.com:443', 'https://proxy.example.com:443'],
    ['socks5://proxy.example.com', 'socks5://proxy.example.com:1080', 'socks5://proxy.example.com:1080'],
    [
      'socks5://Ann:s%40cret@Host.example:80',
      'socks5://Ann:s%40cret@host.example:80',
      'socks5://host.example:80',
    ],
    ['https://ann@host.example:443', 'https://ann@host.example:443', 'https://host.example:443'],
    ['http://[2606:4700::1]:8080', 'http://[2606:4700::1]:8080', 'http://[2606:4700::1]:8080'],
    [' http://10.1.2.3:3128 ', 'http://10.1.2.3:3128', 'http://10.1.2.3:3128'],
  ])(
    '[ACC-7] %s is stored in normal form, and shown without user and password',
    async (text, href, shown) => {
      expect(await check(text)).toEqual({ href, shown });
      expect(await check(href)).toEqual({ href, shown });
    },
  );

  it.each([
    ['http://10.2.0.1'],
    ['socks5://127.0.0.1:1080'],
    ['socks5://0x7f.1:1080'],
    ['socks5://2130706433'],
    ['https://ann:secret@169.254.169.254'],
    ['http://[::1]:8080'],
    ['http://[::ffff:127.0.0.1]'],
    ['http://127.0.0.1.:8080'],
    ['socks5://[::]:1080'],
    ['socks5://１２７.0.0.1'],
    ['socks5://%31%32%37.0.0.1'],
    ['socks5://[64:ff9b::7f00:1]:1080'],
    ['https://100.64.0.1'],
    ['http://a@b@127.0.0.1'],
  ])('[OPS-6] %s leads to a private address', async (text) => {
    await expect(check(text)).rejects.toThrow('leads to a private address');
  });

  it.each([
    ['', 'must begin with'],
    ['proxy.example.com:8080', 'must begin with'],
    ['socks4://host', 'must begin with'],
    ['socks5h://host', 'must begin with'],
    ['file:///etc/passwd', 'must begin with'],
    ['http:///host', 'must begin with'],
    ['http://ho st', 'not a URL'],
    ['http://host\r\nx:1', 'not a URL'],
    ['http://host:99999', 'not a URL'],
    ['http://@', 'not a URL'],
    ['http://host:0', 'port'],
    ['http://host/path', 'path, query or fragment'],
    ['http://host/?', 'path, query or fragment'],
    ['http://host#x', 'path, query or fragment'],
    ['http://ann:a%0d%0ab@host', 'cannot be read'],
    ['http://ann:%ff@host', 'cannot be read'],
    ['http://a%3Ab:secret@host', 'colon'],
    ['http://:secret@host', 'without a user name'],
    [`http://ann:${'s'.repeat(256)}@host`, '255 bytes'],
    [`http://${'h'.repeat(2048)}`, 'too long'],
  ])('[ACC-7] refuses %j, and repeats nothing of it', async (text, message) => {
    await expect(check(text)).rejects.toThrow(message);
    await expect(check(text)).rejects.not.toThrow(/secret|sss|host/);
  });
});
