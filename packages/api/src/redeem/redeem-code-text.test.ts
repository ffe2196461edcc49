import { expect, it } from 'vitest';
import { buildRedeemPrefix, generateRedeemCode, hashRedeemCode } from './redeem-code-text.ts';

it('[MON-12] codes are four groups of five letters that nobody mistakes, each another one', () => {
  const codes = Array.from({ length: 1_000 }, generateRedeemCode);
  for (const code of codes) expect(code).toMatch(/^([0-9A-HJKMNP-TV-Z]{5}-){3}[0-9A-HJKMNP-TV-Z]{5}$/);
  expect(new Set(codes).size).toBe(1_000);
  expect(buildRedeemPrefix('AAAAA-BBBBB-CCCCC-DDDDD')).toBe('AAAAA…');
});

it('[MON-12] a code is the same however it is typed, and no other one is', () => {
  const hash = hashRedeemCode('A01BC-DEFGH-JKMNP-QRST0');
  expect(hashRedeemCode(' aOlbc defgh-jkmnpqrsto\n')).toBe(hash);
  expect(hashRedeemCode('AoIBC-DEFGH-JKMNP-QRSTO')).toBe(hash);
  expect(hashRedeemCode('A01BC-DEFGH-JKMNP-QRST1')).not.toBe(hash);
});
