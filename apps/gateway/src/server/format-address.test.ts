import { describe, expect, it } from 'vitest';
import { formatAddress } from './format-address.ts';

describe('formatAddress', () => {
  it.each([
    ['7f000001', '127.0.0.1'],
    ['00000000000000000000ffff0a000102', '10.0.1.2'],
    ['00000000000000000000000000000001', '::1'],
    ['20010db8000000000000000000000a0b', '2001:db8::a0b'],
    ['', ''],
  ])('%s is %s', (hex, text) => {
    expect(formatAddress(Buffer.from(hex, 'hex'))).toBe(text);
  });
});
