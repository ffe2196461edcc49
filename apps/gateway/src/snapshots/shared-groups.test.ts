import type { GroupId } from '@tollgate/core';
import { describe, expect, it } from 'vitest';
import { buildGroup, buildKey } from '../testing/build-snapshots.ts';
import { SharedGroups } from './shared-groups.ts';

describe('shared-groups', () => {
  it('keys of one group share its snapshot', () => {
    const groups = new SharedGroups();
    const [one, other] = [buildKey({ groups: [buildGroup()] }), buildKey({ groups: [buildGroup()] })].map(
      (key) => groups.share(key),
    );
    expect(one?.groups[0]).toBe(other?.groups[0]);
    expect(one).toEqual(buildKey({ groups: [buildGroup()] }));
  });

  it('[AUTH-6] a group that was changed is another one, also when it is changed back', () => {
    const groups = new SharedGroups();
    const share = (rateMultiplier: string) =>
      groups.share(buildKey({ groups: [buildGroup({ rateMultiplier })] })).groups[0];
    expect(['1', '2', '1'].map((multiplier) => share(multiplier)?.rateMultiplier)).toEqual(['1', '2', '1']);
  });

  it('any number of groups is bounded, and all are right', () => {
    const groups = new SharedGroups();
    for (let index = 0; index < 2_500; index += 1) {
      const group = buildGroup({ id: `grp_${index}` as GroupId });
      expect(groups.share(buildKey({ groups: [group] })).groups[0]).toBe(group);
    }
  });
});
