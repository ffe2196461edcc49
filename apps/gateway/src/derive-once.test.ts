import { describe, expect, it, vi } from 'vitest';
import { deriveOnce } from './derive-once.ts';

describe('derive-once', () => {
  it('works it out once for a frozen list, and for each such list apart', () => {
    const derive = vi.fn<(list: readonly number[]) => { sum: number }>((list) => ({
      sum: list.reduce((sum, each) => sum + each, 0),
    }));
    const read = deriveOnce(derive);
    const one = Object.freeze([1, 2]);
    const other = Object.freeze([3]);
    expect([read(one).sum, read(other).sum, read(one).sum]).toEqual([3, 3, 3]);
    expect(read(one)).toBe(read(one));
    expect(derive).toHaveBeenCalledTimes(2);
  });

  it('works it out anew for a list that may have changed', () => {
    const read = deriveOnce((list: readonly number[]) => ({ length: list.length }));
    const list = [1];
    const before = read(list).length;
    list.push(2);
    expect([before, read(list).length]).toEqual([1, 2]);
  });
});
