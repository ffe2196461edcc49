import { picoUsd, type LeaseId } from '@tollgate/core';
import { expect, it } from 'vitest';
import { balance, keyPurse, userId } from '../contract/harness.ts';
import { purseField } from '../purse-fields.ts';
import { RunningHold } from '../running-hold.ts';
import { NodeHolds } from './node-holds.ts';

const USER = userId('a');
const WEEK = purseField(keyPurse('a', 'k', '7d'));

function buildHold(amount: bigint): RunningHold {
  const purses = [balance('a'), keyPurse('a', 'k', '7d')];
  return new RunningHold({
    id: `lse_${amount}` as LeaseId,
    userId: USER,
    amount: picoUsd(amount),
    purses,
    keptBy: 'slot',
  });
}

it('[MON-4] [LIM-11] holds are counted once, in each of their purses, until they are taken out once', () => {
  const holds = new NodeHolds();
  const [one, other] = [buildHold(5n), buildHold(7n)];
  for (const hold of [one, other, one]) holds.add(hold);
  expect([holds.read(USER, 'b'), holds.read(USER, WEEK)]).toEqual([12n, 12n]);
  for (let times = 0; times < 2; times += 1) holds.remove(one);
  expect([holds.read(USER, 'b'), holds.read(USER, WEEK)]).toEqual([7n, 7n]);
  expect([holds.read(USER, 'k:x:1d'), holds.read(userId('b'), 'b')]).toEqual([0n, 0n]);
});

it('[MON-4] [LIM-11] holds of several users that come and go by turns are told apart', () => {
  const holds = new NodeHolds();
  const [one, other] = [buildHold(5n), new RunningHold({ ...buildHold(7n), userId: userId('b') })];
  holds.add(one);
  holds.add(other);
  holds.remove(one);
  expect([holds.read(USER, 'b'), holds.read(userId('b'), 'b')]).toEqual([0n, 7n]);
  holds.add(one);
  holds.remove(other);
  expect([holds.read(USER, 'b'), holds.read(userId('b'), 'b')]).toEqual([5n, 0n]);
});

it('[LIM-11] purses that requests named are listed once, whichever objects name them', () => {
  const holds = new NodeHolds();
  const named = [{ purse: balance('a') }];
  holds.name(USER, named);
  holds.name(USER, named);
  holds.name(USER, [{ purse: balance('a') }, { purse: keyPurse('a', 'k', '7d') }]);
  expect(holds.listPurses(USER)).toEqual([balance('a'), keyPurse('a', 'k', '7d')]);
  expect(holds.listPurses(userId('b'))).toEqual([]);
});
