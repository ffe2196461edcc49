import { picoUsd, systemClock, type PicoUsd } from '@tollgate/core';
import { expect, it } from 'vitest';
import { balance, keyPurse, userId } from '../contract/harness.ts';
import type { PurseLimit, PurseName } from '../money-port.ts';
import { SeenPurses } from './seen-purses.ts';

const USER = userId('a');
const PRICE = picoUsd(5n);
const OF_BALANCE: readonly PurseLimit[] = [{ purse: balance('a'), limit: null }];
const OF_BOTH: readonly PurseLimit[] = [
  ...OF_BALANCE,
  { purse: keyPurse('a', 'k', '7d'), limit: picoUsd(100n) },
];

/** The first question that the store is asked. */
function listen(): { seen: SeenPurses; asked: Promise<readonly PurseName[]> } {
  const { promise, resolve } = Promise.withResolvers<readonly PurseName[]>();
  const read = (purses: readonly PurseName[]) => {
    resolve(purses);
    return Promise.resolve(purses.map(() => ({ amount: picoUsd(50n), held: picoUsd(0n), startMs: null })));
  };
  const seen = new SeenPurses({ clock: systemClock, graceMs: 60_000, nodeCount: () => 1, read });
  return { seen, asked: promise };
}

const ask = (purses: readonly PurseLimit[], hold: PicoUsd = PRICE) => ({ purses, hold, note: null });

it('[LIM-11] [LIM-9] a purse that no figure is known of is asked for, whatever else was whole before', async () => {
  const { seen, asked } = listen();
  seen.seed(USER, [{ purse: balance('a'), amount: picoUsd(50n), startMs: null }]);
  seen.want(USER, ask(OF_BALANCE));
  seen.want(USER, ask(OF_BALANCE));
  expect(seen.hasRoom(USER, ask(OF_BOTH))).toBe(false);
  seen.want(USER, ask(OF_BOTH));
  expect(await asked).toEqual([balance('a'), keyPurse('a', 'k', '7d')]);
  seen.close();
});

it('[LIM-11] figures that were dropped are asked for anew, though the same list was whole before', async () => {
  const { seen, asked } = listen();
  seen.seed(USER, [{ purse: balance('a'), amount: picoUsd(50n), startMs: null }]);
  seen.want(USER, ask(OF_BALANCE));
  seen.drop(USER);
  seen.want(USER, ask(OF_BALANCE));
  expect(await asked).toEqual([balance('a')]);
  seen.close();
});
