import { expect, it } from 'vitest';
import { fingerprintCredentials } from './fingerprint-credentials.ts';
import { parseSecretKey } from './seal-secret.ts';

const key = parseSecretKey('ab'.repeat(32));

it('is the same for the same fields in any order, and for nothing else', () => {
  const given = { access_token: 'a', refresh_token: 'r' };
  const print = fingerprintCredentials(given, key, 'acc_1');
  expect(
    fingerprintCredentials({ refresh_token: 'r', access_token: 'a', expires_at: undefined }, key, 'acc_1'),
  ).toBe(print);
  const others = [
    fingerprintCredentials({ ...given, refresh_token: 'x' }, key, 'acc_1'),
    fingerprintCredentials({ access_token: 'r', refresh_token: 'a' }, key, 'acc_1'),
    fingerprintCredentials(given, key, 'acc_2'),
    fingerprintCredentials(given, parseSecretKey('cd'.repeat(32)), 'acc_1'),
  ];
  expect(new Set([print, ...others]).size).toBe(5);
  expect(print).not.toContain('r_');
});
