import { createId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { RecentIds } from './recent-ids.ts';

describe('recent ids', () => {
  it('[MON-5] remember the last ones, whatever came between, and forget at last', () => {
    const ids = new RecentIds(100);
    const all = Array.from({ length: 1_000 }, () => createId('attempt', 0));
    for (const [index, id] of all.entries()) {
      ids.add(id);
      for (const recent of all.slice(Math.max(0, index - 99), index + 1)) expect(ids.has(recent)).toBe(true);
    }
    expect(all.slice(0, 800).filter((id) => ids.has(id))).toEqual([]);
  });

  it('[MON-5] take none of theirs a second time, in either generation', () => {
    const ids = new RecentIds(4);
    const all = Array.from({ length: 6 }, () => createId('attempt', 0));
    expect(all.map((id) => ids.add(id))).toEqual(all.map(() => true));
    expect(all.map((id) => ids.add(id))).toEqual(all.map(() => false));
  });

  it('[MON-6] take no other id for one of theirs: alike, empty, odd, or many', () => {
    const ids = new RecentIds(16_384);
    for (let number = 0; number < 32_000; number += 1) ids.add(`att_${number}`);
    const others = Array.from({ length: 200_000 }, (_, number) => `att_${number + 32_000}`);
    expect(['', '\0', 'att_', 'é', '\ud800', 'att_00', ...others].filter((id) => ids.has(id))).toEqual([]);
    ids.add('');
    ids.add('');
    expect(ids.has('')).toBe(true);
  });
});
