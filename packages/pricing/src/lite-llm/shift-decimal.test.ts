import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { JsonNumber, parseExactJson } from './parse-exact-json.ts';
import { shiftDecimal } from './shift-decimal.ts';

describe('shiftDecimal', () => {
  it.each([
    ['3e-06', 6, '3'],
    ['3.75e-06', 6, '3.75'],
    ['1.25E-7', 6, '0.125'],
    ['2.5e-06', 6, '2.5'],
    ['0.0000003', 6, '0.3'],
    ['0.01', 0, '0.01'],
    ['1.50', 0, '1.5'],
    ['100', 0, '100'],
    ['1e3', 0, '1000'],
    ['1E+3', 0, '1000'],
    ['0.0', 6, '0'],
    ['-0', 0, '0'],
    ['-1e-06', 6, '-1'],
    // Not what a float would make of them.
    ['0.1234567890123456789', 6, '123456.7890123456789'],
    ['9007199254740993', 0, '9007199254740993'],
    ['1.1e-06', 6, '1.1'],
  ])('[MON-1] %s × 10^%i is %s', (text, places, shifted) => {
    expect(shiftDecimal(text, places)).toBe(shifted);
  });

  it.each(['1e400', '1e-400', '1e99999', '', 'NaN', 'Infinity', '0x10', '1_000', ' 1', '1.', '9'.repeat(41)])(
    '[MON-1] %j is no figure',
    (text) => {
      expect(shiftDecimal(text, 6)).toBeNull();
    },
  );

  it('[MON-1] moves the point of any decimal and nothing else', () => {
    fc.assert(
      fc.property(
        fc.bigInt({ min: 0n, max: 10n ** 15n }),
        fc.integer({ min: -12, max: 12 }),
        (digits, exponent) => {
          const shifted = shiftDecimal(`${digits}e${exponent}`, 12) ?? '';
          expect(shifted).toMatch(/^\d+(\.\d*[1-9])?$/);
          const [whole = '', fraction = ''] = shifted.split('.');
          // × 10²⁴ on both sides.
          expect(BigInt(whole + fraction.padEnd(24, '0'))).toBe(digits * 10n ** BigInt(exponent + 36));
        },
      ),
    );
  });
});

describe('parseExactJson', () => {
  it('[MON-1] keeps every number as it was written, at any depth', () => {
    expect(parseExactJson('{"a":[3e-06,{"b":1e400}],"__proto__":{"c":0.10}}')).toEqual(
      JSON.parse('{"a":[{"text":"3e-06"},{"b":{"text":"1e400"}}],"__proto__":{"c":{"text":"0.10"}}}'),
    );
    expect(parseExactJson('0.10')).toBeInstanceOf(JsonNumber);
  });
});
