import { describe, expect, it } from 'vitest';
import { createOutboundPolicy } from './outbound-policy.ts';

const policy = createOutboundPolicy({ allow: ['10.0.0.5'] });

describe('parseUpstreamUrl', () => {
  it.each([
    ['https://api.anthropic.com', 'https://api.anthropic.com', ''],
    [' https://API.Anthropic.com:443/ ', 'https://api.anthropic.com', ''],
    ['http://gateway.example:8080/anthropic/v1//', 'http://gateway.example:8080', '/anthropic/v1'],
    ['https://bücher.example/a/../b', 'https://xn--bcher-kva.example', '/b'],
    ['http://0xa000005', 'http://10.0.0.5', ''],
    ['http://012.0.0.5/', 'http://10.0.0.5', ''],
    ['http://167772165', 'http://10.0.0.5', ''],
    ['https://[2606:4700:0:0::1111]:8443', 'https://[2606:4700::1111]:8443', ''],
  ])('[OPS-6] reads %s', (text, origin, basePath) => {
    const parsed = policy.parseUpstreamUrl(text);
    expect(parsed).toMatchObject({ ok: true, url: { origin, basePath, href: origin + basePath } });
  });

  it.each([
    ['', 'not-a-url'],
    ['api.anthropic.com', 'not-a-url'],
    ['https://', 'not-a-url'],
    ['https:example.com', 'not-a-url'],
    ['https:///example.com', 'not-a-url'],
    ['https://exa\nmple.com', 'not-a-url'],
    ['https://example.com\\@evil.example', 'not-a-url'],
    ['https://example.com:99999', 'not-a-url'],
    ['https://exa mple.com', 'not-a-url'],
    ['ftp://example.com', 'scheme'],
    ['file:///etc/passwd', 'scheme'],
    ['javascript:alert(1)', 'scheme'],
    ['https://user:secret@example.com', 'credentials'],
    ['https://@example.com', 'credentials'],
    ['https://example.com/?key=1', 'query-or-fragment'],
    ['https://example.com/?', 'query-or-fragment'],
    ['https://example.com/#top', 'query-or-fragment'],
    ['https://example.com:0', 'port'],
    [`https://example.com/${'a'.repeat(3000)}`, 'too-long'],
    ['http://127.0.0.1:6379', 'forbidden-address'],
    ['http://2130706433/', 'forbidden-address'],
    ['http://0177.0.0.1/', 'forbidden-address'],
    ['http://127.1/', 'forbidden-address'],
    ['http://169.254.169.254/latest', 'forbidden-address'],
    ['http://[::ffff:127.0.0.1]/', 'forbidden-address'],
    ['http://[::1]/', 'forbidden-address'],
    ['http://①②⑦.0.0.1/', 'forbidden-address'],
  ])('[OPS-6] refuses %j: %s', (text, problem) => {
    expect(policy.parseUpstreamUrl(text)).toEqual({ ok: false, problem });
  });
});
