import { describe, expect, it } from 'vitest';
import { encodeBase32 } from './base32.ts';
import { generateRecoveryCodes, hashRecoveryCode } from './recovery-codes.ts';
import { buildTotpCode, buildTotpUri, findTotpStep } from './totp-code.ts';

const SECRET = Buffer.from('12345678901234567890');

describe('TOTP', () => {
  it.each([
    [59, '287082'],
    [1_111_111_109, '081804'],
    [1_111_111_111, '050471'],
    [1_234_567_890, '005924'],
    [2_000_000_000, '279037'],
    [20_000_000_000, '353130'],
  ])('[CTL-2] at %i s gives the last six digits of RFC 6238’s table', (seconds, code) => {
    expect(buildTotpCode(SECRET, Math.floor(seconds / 30))).toBe(code);
  });

  it('[CTL-2] takes the step before and the step after, and no other', () => {
    const nowMs = 1_234_567_890_000;
    const present = Math.floor(nowMs / 30_000);
    const found = [-2, -1, 0, 1, 2].map((by) =>
      findTotpStep(SECRET, buildTotpCode(SECRET, present + by), nowMs),
    );
    expect(found).toEqual([null, present - 1, present, present + 1, null]);
  });

  it.each(['', '28708', '2870822', ' 28708', 'abcdef', '２８７０８２'])('takes no %j', (code) => {
    expect(findTotpStep(SECRET, code, 59_000)).toBeNull();
  });

  it('knows no step before the first', () => {
    expect(findTotpStep(SECRET, buildTotpCode(SECRET, 0), 0)).toBe(0);
  });

  it('tells authenticators all that they ask', () => {
    expect(buildTotpUri(SECRET, 'a+b@example.com')).toBe(
      'otpauth://totp/Tollgate:a%2Bb%40example.com?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Tollgate&algorithm=SHA1&digits=6&period=30',
    );
  });
});

it.each([
  ['', ''],
  ['f', 'MY'],
  ['fo', 'MZXQ'],
  ['foo', 'MZXW6'],
  ['foob', 'MZXW6YQ'],
  ['fooba', 'MZXW6YTB'],
  ['foobar', 'MZXW6YTBOI'],
])('base32 of %j is RFC 4648’s', (text, encoded) => {
  expect(encodeBase32(Buffer.from(text))).toBe(encoded);
});

it('[CTL-2] recovery codes are all different, and found however they are typed', () => {
  const codes = generateRecoveryCodes();
  expect(new Set(codes).size).toBe(10);
  for (const code of codes) {
    expect(code).toMatch(/^[a-z2-7]{4}(-[a-z2-7]{4}){3}$/);
    expect(hashRecoveryCode(` ${code.toUpperCase().replaceAll('-', ' ')}`)).toBe(hashRecoveryCode(code));
  }
});
