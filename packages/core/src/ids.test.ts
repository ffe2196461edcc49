import { describe, expect, it } from 'vitest';
import { createId, isId } from './ids.ts';

describe('createId', () => {
  it('has the shape of its kind, for any moment', () => {
    for (const nowMs of [0, 1, 31, 32, 1_732_165_000_123, 32 ** 10 - 1]) {
      expect(isId('attempt', createId('attempt', nowMs))).toBe(true);
    }
  });

  it('sorts by age, also when moments come out of order', () => {
    const moments = [5, 1_732_165_000_123, 5, 1_732_165_000_124, 6];
    const times = moments.map((nowMs) => createId('request', nowMs).slice(0, 14));
    expect(times[0]).toBe('req_0000000005');
    expect(times[2]).toBe(times[0]);
    expect(moments.toSorted((a, b) => a - b).map((nowMs) => times[moments.indexOf(nowMs)])).toEqual(
      times.toSorted(),
    );
  });

  it('never gives one twice, and its random part uses every character', () => {
    const ids = Array.from({ length: 5_000 }, () => createId('lease', 7));
    expect(new Set(ids).size).toBe(ids.length);
    for (let place = 14; place < 30; place += 1) {
      expect(new Set(ids.map((id) => id[place])).size).toBe(32);
    }
  });
});
