import { describe, expect, it } from 'vitest';
import { ExpiringMap } from './expiring-map.ts';

describe('expiring-map', () => {
  it('keeps an entry until the millisecond of its expiry, and forgets it then', () => {
    const map = new ExpiringMap<string>(10);
    map.set('a', 'A', 100);
    expect(map.get('a', 99)).toBe('A');
    expect(map.get('a', 100)).toBeUndefined();
    expect(map.size).toBe(0);
  });

  it('drops the oldest entry when it is full, also one that was set again is young', () => {
    const map = new ExpiringMap<number>(2);
    map.set('a', 1, 100);
    map.set('b', 2, 100);
    map.set('a', 3, 100);
    map.set('c', 4, 100);
    expect(map.size).toBe(2);
    expect([map.get('a', 0), map.get('b', 0), map.get('c', 0)]).toEqual([3, undefined, 4]);
  });

  it('setting a known name again drops no other', () => {
    const map = new ExpiringMap<number>(2);
    map.set('a', 1, 100);
    map.set('b', 2, 100);
    map.set('b', 3, 100);
    expect([map.get('a', 0), map.get('b', 0)]).toEqual([1, 3]);
  });

  it('keeps null as a value of its own', () => {
    const map = new ExpiringMap<string | null>(2);
    map.set('a', null, 100);
    expect(map.get('a', 0)).toBeNull();
    expect(map.get('b', 0)).toBeUndefined();
  });

  it('deletes by name, by value and all', () => {
    const map = new ExpiringMap<number>(5);
    for (const value of [1, 2, 3, 4]) map.set(String(value), value, 100);
    map.delete('1');
    map.deleteWhere((value) => value % 2 === 0);
    expect([1, 2, 3, 4].map((value) => map.get(String(value), 0))).toEqual([
      undefined,
      undefined,
      3,
      undefined,
    ]);
    map.clear();
    expect(map.size).toBe(0);
  });
});
