import { describe, expect, it } from 'vitest';
import {
  buildAddressList,
  isInAddressList,
  normalizeAddress,
  selectClientAddress,
} from './client-address.ts';

describe('address lists', () => {
  const list = buildAddressList(['203.0.113.0/24', ' 198.51.100.7 ', '2001:db8::/32', '::1']);

  it.each([
    ['203.0.113.0', true],
    ['203.0.113.255', true],
    ['203.0.114.0', false],
    ['198.51.100.7', true],
    ['198.51.100.8', false],
    ['2001:db8:ffff::1', true],
    ['2001:DB8::1', true],
    ['2001:db9::1', false],
    ['::1', true],
    ['0000:0000:0000:0000:0000:0000:0000:0001', true],
    ['::ffff:203.0.113.9', true],
    ['::FFFF:cb00:7109', true],
    ['0000:0000:0000:0000:0000:ffff:cb00:7109', true],
    ['::ffff:cb00:7209', false],
    ['', false],
    ['unknown', false],
    ['203.0.113', false],
    ['203.0.113.9:443', false],
    ['::ffff:999.0.113.9', false],
  ])('[AUTH-2] %s is in the list: %s', (address, isIn) => {
    expect(isInAddressList(list, address)).toBe(isIn);
  });

  it('[AUTH-2] /0 is everyone of its family, and nobody of the other', () => {
    const everyV4 = buildAddressList(['0.0.0.0/0']);
    expect([isInAddressList(everyV4, '8.8.8.8'), isInAddressList(everyV4, '2001:db8::1')]).toEqual([
      true,
      false,
    ]);
  });

  it('[AUTH-2] a mapped entry holds the v4 addresses behind it', () => {
    expect(isInAddressList(buildAddressList(['::ffff:10.0.0.0/104']), '10.1.2.3')).toBe(true);
  });

  it.each([
    '10.0.0.0/',
    '10.0.0.0/33',
    '10.0.0.0/-1',
    '10.0.0.0/8.5',
    '10.0.0.0/1e1',
    '10.0.0.0/0x8',
    '10.0.0.0/8/8',
    '2001:db8::/129',
    'example.com',
    '10.0.0',
    '/8',
    '',
  ])('names the entry that is no CIDR: %j', (entry) => {
    expect(() => buildAddressList(['10.0.0.0/8', entry])).toThrow(
      new RangeError(`not an address or CIDR: ${JSON.stringify(entry)}`),
    );
  });
});

describe('normalize-address', () => {
  it.each([
    ['0000:0000:0000:0000:0000:ffff:7f00:0001', '127.0.0.1'],
    ['::ffff:7f00:1', '127.0.0.1'],
    ['::FFFF:192.0.2.1', '192.0.2.1'],
    ['0:0:0:0:0:ffff:192.0.2.1', '192.0.2.1'],
    ['::ffff:ffff:ffff', '255.255.255.255'],
    [' 192.0.2.1 ', '192.0.2.1'],
    ['2001:DB8::1', '2001:db8::1'],
    ['garbage', 'garbage'],
  ])('%s is %s', (text, address) => {
    expect(normalizeAddress(text)).toBe(address);
  });
});

describe('select-client-address', () => {
  const trusted = buildAddressList(['10.0.0.0/8', '2001:db8::/64']);

  it.each([
    ['no header', '10.0.0.1', '', '10.0.0.1'],
    ['a stranger’s header', '192.0.2.1', '1.2.3.4', '192.0.2.1'],
    ['a proxy’s word', '10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['a proxy in mapped form', '::ffff:10.0.0.1', '192.0.2.1', '192.0.2.1'],
    ['forged entries on the left', '10.0.0.1', '1.2.3.4, 10.9.9.9, 192.0.2.1', '192.0.2.1'],
    ['proxies behind each other', '10.0.0.1', '192.0.2.1, 10.0.0.3,10.0.0.2', '192.0.2.1'],
    ['v6 behind v6', '2001:db8::1', '2001:DB8:1::7, 2001:db8::2', '2001:db8:1::7'],
    ['proxies only', '10.0.0.1', '10.0.0.3, 10.0.0.2', '10.0.0.3'],
    ['garbage', '10.0.0.1', 'unknown', '10.0.0.1'],
    ['garbage in front of an honest entry', '10.0.0.1', 'unknown, 192.0.2.1', '192.0.2.1'],
    ['garbage behind an entry', '10.0.0.1', '1.2.3.4, unknown', '10.0.0.1'],
    ['empty entries', '10.0.0.1', ', ,', '10.0.0.1'],
    ['a port', '10.0.0.1', '192.0.2.1:4711', '10.0.0.1'],
  ])('[AUTH-2] %s', (_, socket, forwardedFor, client) => {
    expect(selectClientAddress(socket, forwardedFor, trusted)).toBe(client);
  });
});
