import { expect, it } from 'vitest';
import { readMultiplier } from './read-multiplier.ts';
import { buildGroup } from './testing/build-snapshots.ts';

it('[MON-3] reads each group’s own multiplier, 0 too, and throws on what is none', () => {
  const group = buildGroup({ rateMultiplier: '1.5' });
  expect([readMultiplier(group), readMultiplier(group)]).toEqual([1_500_000n, 1_500_000n]);
  expect(readMultiplier(buildGroup({ rateMultiplier: '0' }))).toBe(0n);
  expect(() => readMultiplier(buildGroup({ rateMultiplier: 'free' }))).toThrow(RangeError);
});
