import type { LeaseId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { userHolder } from '../contract/harness.ts';
import { HeldLease } from './held-lease.ts';
import { LiveLeases } from './live-leases.ts';

const lease = (id: string) => new HeldLease(id as LeaseId, userHolder('a'));
const idsOf = (live: LiveLeases) => [...live.list()].map(({ id }) => id).toSorted();

describe('leases that live', () => {
  it('[LIM-4] are listed until they are removed, also when one is added or removed twice', () => {
    const live = new LiveLeases();
    const [a, b, c] = [lease('a'), lease('b'), lease('c')];
    for (const each of [a, b, b, a]) live.add(each);
    expect(idsOf(live)).toEqual(['a', 'b']);
    live.remove(a);
    live.remove(a);
    live.remove(c);
    live.add(c);
    expect(idsOf(live)).toEqual(['b', 'c']);
  });

  it('[LIM-4] are known by their id when a caller brings a copy', () => {
    const live = new LiveLeases();
    live.add(lease('a'));
    live.add(lease('b'));
    live.remove({ id: 'a' as LeaseId, holder: userHolder('a') });
    live.remove({ id: 'x' as LeaseId, holder: userHolder('a') });
    expect(idsOf(live)).toEqual(['b']);
  });

  it('pass over what is removed while they are listed', () => {
    const live = new LiveLeases();
    const [a, b] = [lease('a'), lease('b')];
    live.add(a);
    live.add(b);
    const seen: string[] = [];
    for (const { id } of live.list()) {
      seen.push(id);
      live.remove(b);
    }
    expect(seen).toEqual(['a']);
  });

  it('are none after the end', () => {
    const live = new LiveLeases();
    const a = lease('a');
    live.add(a);
    live.clear();
    expect(idsOf(live)).toEqual([]);
    live.add(a);
    expect(idsOf(live)).toEqual(['a']);
  });
});
