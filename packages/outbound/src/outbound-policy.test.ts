import { describe, expect, it } from 'vitest';
import { createOutboundPolicy } from './outbound-policy.ts';

const policy = createOutboundPolicy({ allow: [] });

const FORBIDDEN = {
  unspecified: ['0.0.0.0', '0.1.2.3', '::'],
  loopback: ['127.0.0.1', '127.255.255.254', '::1'],
  private: ['10.0.0.1', '172.16.0.1', '172.31.255.255', '192.168.1.1', 'fc00::1', 'fd12:3456::1'],
  'link-local': ['169.254.0.1', 'fe80::1', 'fe80::1%eth0', 'fec0::1'],
  'carrier-grade NAT': ['100.64.0.1', '100.127.255.255'],
  'multicast and broadcast': ['224.0.0.1', '239.255.255.255', 'ff02::1', '255.255.255.255'],
  reserved: [
    '192.0.0.1',
    '192.0.2.1',
    '198.18.0.1',
    '198.51.100.1',
    '203.0.113.9',
    '240.0.0.1',
    '2001:db8::1',
  ],
  unassigned: ['4000::1', '::7f00:1', '100::1', '5f00::1'],
  'cloud metadata': ['169.254.169.254', 'fd00:ec2::254', '100.100.100.200', '192.0.0.192', '168.63.129.16'],
  'mapped into v6': ['::ffff:127.0.0.1', '::ffff:7f00:1', '::ffff:169.254.169.254', '::ffff:0:127.0.0.1'],
  '6to4 of a private address': ['2002:7f00:1::', '2002:a00:1::1', '2002:a9fe:a9fe::1'],
  'NAT64 of a private address': ['64:ff9b::127.0.0.1', '64:ff9b::a9fe:a9fe', '64:ff9b:1::a00:1'],
  Teredo: ['2001:0:4136:e378:8000:63bf:3fff:fdd2', '2001::1'],
  'not an address': [
    '',
    'localhost',
    'example.com',
    '127.1',
    '0x7f.1',
    '2130706433',
    '1.2.3.4.5',
    '1.2.3.256',
  ],
};

describe('isAllowedAddress', () => {
  for (const [kind, addresses] of Object.entries(FORBIDDEN)) {
    it.each(addresses)(`[OPS-6] refuses ${kind}: %s`, (address) => {
      expect(policy.isAllowedAddress(address)).toBe(false);
    });
  }

  it.each([
    '1.1.1.1',
    '160.79.104.10',
    '2606:4700::1111',
    '::ffff:8.8.8.8',
    '64:ff9b::808:808',
    '[2607:6bc0::10]',
  ])('[OPS-6] allows the public address %s', (address) => {
    expect(policy.isAllowedAddress(address)).toBe(true);
  });

  it('[OPS-6] allows what is listed, in every form of it, and nothing beside it', () => {
    const open = createOutboundPolicy({ allow: ['10.1.0.0/16', ' 127.0.0.1 ', 'fd00::/8', ''] });
    const within = ['10.1.2.3', '::ffff:10.1.2.3', '127.0.0.1', 'fd12::9'];
    expect(within.filter((address) => !open.isAllowedAddress(address))).toEqual([]);
    const beside = ['10.2.0.1', '127.0.0.2', 'fc00::1', '::1', '64:ff9b::a01:203'];
    expect(beside.filter((address) => open.isAllowedAddress(address))).toEqual([]);
  });

  it('[OPS-6] reads a mapped range as the v4 range that it is', () => {
    const open = createOutboundPolicy({ allow: ['::ffff:10.0.0.0/104'] });
    expect(open.isAllowedAddress('10.9.9.9')).toBe(true);
    expect(open.isAllowedAddress('172.16.0.1')).toBe(false);
  });

  it.each([
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/',
    '10/8',
    'fd00::/129',
    'example.com',
    '10.0.0.0/8/8',
    'fe80::1%a',
  ])('[OPS-6] names the allow entry that cannot be read: %s', (entry) => {
    expect(() => createOutboundPolicy({ allow: ['10.0.0.0/8', entry] })).toThrow(`"${entry}"`);
  });
});

describe('parseWholeUrl', () => {
  it('[OPS-6] keeps path and query as they are, tokens and all', () => {
    const text = 'https://hooks.example/robot/send?access_token=a%2Fb&x=1';
    const parsed = policy.parseWholeUrl(` ${text} `);
    expect(parsed.ok && parsed.url.href).toBe(text);
  });

  it.each([
    ['ftp://hooks.example/', 'scheme'],
    ['https:hooks.example', 'not-a-url'],
    ['https://hooks.example/a b', 'not-a-url'],
    ['https://hooks.example/a\nb', 'not-a-url'],
    ['https://ann:secret@hooks.example/', 'credentials'],
    ['https://hooks.example/#', 'query-or-fragment'],
    ['https://hooks.example:0/', 'port'],
    [`https://hooks.example/${'a'.repeat(2048)}`, 'too-long'],
    ['http://127.0.0.1:9/x?y', 'forbidden-address'],
    ['http://0x7f.1/', 'forbidden-address'],
    ['http://[::1]/', 'forbidden-address'],
    ['http://[::ffff:169.254.169.254]/', 'forbidden-address'],
  ])('[OPS-6] refuses %j: %s', (text, problem) => {
    expect(policy.parseWholeUrl(text)).toEqual({ ok: false, problem });
  });

  it('[OPS-6] takes an address that is listed', () => {
    const open = createOutboundPolicy({ allow: ['127.0.0.1', '::1'] });
    expect(open.parseWholeUrl('http://127.0.0.1:9/x').ok).toBe(true);
    expect(open.parseWholeUrl('http://[::1]:9/x').ok).toBe(true);
  });
});
