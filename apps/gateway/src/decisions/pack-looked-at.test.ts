import type { EligibleAccount } from '@tollgate/accounts';
import type { AccountId, DecisionPool, GroupId } from '@tollgate/core';
import { expect, it } from 'vitest';
import { packLookedAt } from './pack-looked-at.ts';

const GROUP = 'grp_1' as GroupId;
const buildEligible = (...ids: string[]) =>
  ids.map((id) => ({ account: { id }, upstreamModel: 'm' }) as EligibleAccount);
const exclude = (id: string, reason: string) => ({ accountId: id as AccountId, reason });
const read = ({ text }: { text: string }) => JSON.parse(text) as DecisionPool;

it('[OPS-9] lists that are frozen are packed once, for their group and exclusions', () => {
  const eligible = Object.freeze(buildEligible('acc_1', 'acc_2'));
  const none = Object.freeze([]);
  const packed = packLookedAt(GROUP, eligible, none);
  expect(packLookedAt(GROUP, eligible, none)).toBe(packed);
  expect(read(packed)).toEqual({
    groupId: 'grp_1',
    candidates: ['acc_1', 'acc_2'],
    candidateCount: 2,
    excluded: [],
    excludedCount: 0,
  });
  expect(read(packLookedAt('grp_2' as GroupId, eligible, none)).groupId).toBe('grp_2');
  const one = Object.freeze([exclude('acc_3', 'disabled')]);
  expect(read(packLookedAt(GROUP, eligible, one)).excluded).toEqual(one);
  expect(packLookedAt(GROUP, eligible, none)).toEqual(packed);
});

it('[OPS-9] a list that may change is packed as it is now; the same list has the same id', () => {
  const eligible = buildEligible('acc_1');
  const first = packLookedAt(GROUP, eligible, []);
  eligible.push(...buildEligible('acc_2'));
  const second = packLookedAt(GROUP, eligible, []);
  expect(read(second).candidates).toEqual(['acc_1', 'acc_2']);
  expect(second.id).not.toBe(first.id);
  expect(packLookedAt(GROUP, buildEligible('acc_1'), [])).toEqual(first);
});

it('[OPS-9] names are cut and counted, and accounts of earlier rounds are left out', () => {
  const ids = Array.from({ length: 60 }, (_, n) => `acc_${n}`);
  const exclusions = ids.map((id, n) => exclude(id, n < 5 ? 'already-tried' : 'expired'));
  const pool = read(packLookedAt(GROUP, buildEligible(...ids), exclusions));
  expect(pool).toMatchObject({ candidateCount: 60, excludedCount: 55 });
  expect(pool.candidates).toEqual(ids.slice(0, 50));
  expect(pool.excluded).toEqual(exclusions.slice(5, 55));
});
