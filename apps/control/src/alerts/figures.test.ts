import { expect, it } from 'vitest';
import { formatFigure, parseFigure } from './figures.ts';

it.each([
  ['0', 0n, '0.000000000000'],
  ['10.000000000000', 10_000_000_000_000n, '10.000000000000'],
  ['0.05', 50_000_000_000n, '0.050000000000'],
  ['0.000000000001', 1n, '0.000000000001'],
  ['-1.5', -1_500_000_000_000n, '-1.500000000000'],
  [
    '999999999999999999999.1',
    999_999_999_999_999_999_999_100_000_000_000n,
    '999999999999999999999.100000000000',
  ],
])('[OPS-5] %s is exact', (text, figure, written) => {
  expect(parseFigure(text)).toBe(figure);
  expect(formatFigure(figure)).toBe(written);
});

it.each(['', 'NaN', '1e3', '.5', '1.', '0.0000000000001', ' 1'])('[OPS-5] %j is none', (text) => {
  expect(() => parseFigure(text)).toThrow(RangeError);
});
