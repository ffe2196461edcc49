import { describe, expect, it } from 'vitest';
import { parseDurationMs } from './parse-duration.ts';

describe('[ACC-3] parseDurationMs', () => {
  it.each([
    ['6ms', 6],
    ['1m12.5s', 72_500],
    ['3.9s', 3900],
    ['3.957525076s', 3957.525076],
    ['1h2m3s', 3_723_000],
    ['0s', 0],
    [' 12m0s ', 720_000],
    ['250µs', 0.25],
    ['250μs', 0.25],
    ['1500ns', 0.0015],
    ['2d3h', 183_600_000],
  ])('reads %j as %d ms', (text, waitMs) => expect(parseDurationMs(text)).toBeCloseTo(waitMs, 9));

  it.each([
    '',
    '6',
    'ms',
    '-5s',
    '+5s',
    '1.2.3s',
    '5 s',
    '5x',
    '.5s',
    'NaNs',
    'Infinitys',
    '1e3s',
    '9'.repeat(40),
  ])('makes nothing of %j', (text) => expect(parseDurationMs(text)).toBeNull());
});
