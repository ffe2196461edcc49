import * as fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { compareAccounts, computeLoad } from './compare-accounts.ts';

const rank = (load: number, takenNumber: number, index: number) => ({ load, takenNumber, index });

describe('the order of accounts', () => {
  it('[SEL-2] load is running and waiting by size; unlimited accounts have none', () => {
    expect(computeLoad(1, 2, 4)).toBe(0.75);
    expect(computeLoad(9, 9, 0)).toBe(0);
    expect(computeLoad(9, 9, -1)).toBe(0);
  });

  it('[SEL-1] load, then least recently taken, then chance', () => {
    expect(compareAccounts(rank(0.5, 1, 0), rank(0.4, 9, 1), 0, 2)).toBeGreaterThan(0);
    expect(compareAccounts(rank(0.5, 1, 1), rank(0.5, 2, 0), 0, 2)).toBeLessThan(0);
    expect(compareAccounts(rank(0, 0, 0), rank(0, 0, 1), 0, 2)).toBeLessThan(0);
    expect(compareAccounts(rank(0, 0, 0), rank(0, 0, 1), 1, 2)).toBeGreaterThan(0);
  });

  it('[SEL-1] among equals each turn of the list brings another to the front', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 20 }), fc.nat(1e6), (count, turn) => {
        const equals = Array.from({ length: count }, (_, index) => rank(0, 0, index));
        const firstAt = (at: number) => equals.toSorted((a, b) => compareAccounts(a, b, at, count))[0]?.index;
        const fronts = equals.map((_, step) => firstAt(turn + step));
        expect(new Set(fronts).size).toBe(count);
      }),
    );
  });
});
