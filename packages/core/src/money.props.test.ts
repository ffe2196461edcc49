import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { applyMultiplier, formatMultiplier, formatUsd, parseMultiplier, parseUsd, picoUsd } from './money.ts';

const amounts = fc.bigInt({ min: -(10n ** 24n), max: 10n ** 24n }).map(picoUsd);

describe('money', () => {
  it('[MON-1] an amount survives its text, to the last digit', () => {
    fc.assert(
      fc.property(amounts, (amount) => {
        expect(parseUsd(formatUsd(amount))).toBe(amount);
      }),
    );
    expect(formatUsd(parseUsd('10.00'))).toBe('10');
    expect(formatUsd(parseUsd('-0.000000000001'))).toBe('-0.000000000001');
    expect(formatUsd(parseUsd('-0'))).toBe('0');
  });

  it.each([
    '',
    ' 1',
    '1.',
    '.5',
    '1e3',
    '+1',
    '1,5',
    '0x1',
    'NaN',
    '1.0000000000001',
    '9'.repeat(19),
    '1.5.2',
    '--1',
  ])('[MON-1] %j is no amount', (text) => {
    expect(() => parseUsd(text)).toThrow(RangeError);
  });

  it.each(['-1', '1.0000001', 'x', ''])('[MON-3] %j is no multiplier', (text) => {
    expect(() => parseMultiplier(text)).toThrow(RangeError);
  });

  it('[MON-3] actual = standard × multiplier, half up to a whole pico-USD, the same for a refund', () => {
    fc.assert(
      fc.property(amounts, fc.bigInt({ min: 0n, max: 10n ** 9n }), (standard, millionths) => {
        const multiplier = parseMultiplier(
          formatMultiplier(millionths as ReturnType<typeof parseMultiplier>),
        );
        const actual = applyMultiplier(standard, multiplier);
        // |actual × 10⁶ − standard × multiplier| ≤ half a pico-USD, and ties go away from zero.
        const error = actual * 1_000_000n - standard * multiplier;
        const tie = standard >= 0n ? 500_000n : -500_000n;
        expect(error === tie || (error > -500_000n && error < 500_000n)).toBe(true);
        expect(applyMultiplier(picoUsd(-standard), multiplier)).toBe(-actual);
      }),
    );
    expect(applyMultiplier(picoUsd(3n), parseMultiplier('0.5'))).toBe(2n);
    expect(applyMultiplier(picoUsd(3n), parseMultiplier('0'))).toBe(0n);
    expect(applyMultiplier(picoUsd(7n), parseMultiplier('1'))).toBe(7n);
  });
});
