import { expect, it } from 'vitest';
import { buildEmptyHold } from './contract/harness.ts';
import { markSettled } from './running-hold.ts';

it('[MON-5] a hold is settled once; a copy of one is refused, for it could be settled again', () => {
  const hold = buildEmptyHold('a');
  expect([markSettled(hold), markSettled(hold)]).toEqual([true, false]);
  expect(() => markSettled({ ...hold })).toThrow(RangeError);
});
