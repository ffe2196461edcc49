import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import {
  balance,
  candidate,
  groupId,
  keyHolder,
  keyId,
  TEST_TIMINGS,
  userHolder,
  userId,
} from './harness.ts';
import {
  admit,
  advance,
  cancel,
  correct,
  dropFigures,
  finish,
  kill,
  listLost,
  release,
  seed,
  settle,
  take,
} from './model-commands.ts';
import { type NodeIndex, PURSES, USERS } from './model-real.ts';

/** The last bucket of a sliding window is gone as well. */
const AFTER_WINDOW_MS = TEST_TIMINGS.windowMs + TEST_TIMINGS.windowMs / 60;

const node = fc.constantFrom<NodeIndex>(0, 1, 2);
const user = fc.constantFrom(...USERS);
const max = fc.constantFrom(0, 1, 2, 3);
/** Beyond 2^53, and within 64 bits even after a whole history of costs. */
const toAmount = (units: bigint) => picoUsd(units * 2n ** 53n + units);
const figure = fc.bigInt({ min: -2n, max: 12n }).map(toAmount);
const cost = fc.bigInt({ min: 0n, max: 4n }).map(toAmount);
const held = fc.constantFrom(0n, 1n, 2n, 3n, 5n).map(toAmount);
const limit = fc.constantFrom(6n, 10n, 10n).map(toAmount);
const note = fc.constantFrom(null, '', 'n');

const pursesOf = (name: string) =>
  fc
    .tuple(fc.subarray(PURSES.filter((purse) => purse.userId === userId(name))), limit)
    .map(([purses, most]) =>
      purses.map((purse) => ({ purse, limit: purse.kind === 'balance' ? null : most })),
    );

const moneyOf = (name: string) => fc.record({ hold: held, purses: pursesOf(name), note });
const balanceOf = (name: string) =>
  fc.record({ hold: held, purses: fc.constant([{ purse: balance(name), limit: null }]), note });

const windowsOf = (name: string) =>
  fc.uniqueArray(
    fc.record({
      subject: fc.constantFrom(
        { kind: 'user' as const, userId: userId(name) },
        { kind: 'user-group' as const, userId: userId(name), groupId: groupId('g') },
        { kind: 'key' as const, userId: userId(name), keyId: keyId('k') },
      ),
      unit: fc.constantFrom('requests' as const, 'tokens' as const),
      shape: fc.constantFrom('fixed' as const, 'fixed' as const, 'sliding' as const),
      limit: fc.integer({ min: 1, max: 20 }),
      cost: fc.integer({ min: 0, max: 6 }),
    }),
    { selector: (window) => JSON.stringify([window.subject.kind, window.unit, window.shape]), maxLength: 4 },
  );

const slotsOf = (name: string) =>
  fc
    .constantFrom([], [userHolder(name)], [userHolder(name), keyHolder(name, 'k')])
    .chain((holders) =>
      fc.tuple(...holders.map((holder) => fc.record({ holder: fc.constant(holder), max }))),
    );

const candidates = fc.uniqueArray(
  fc
    .tuple(fc.constantFrom('x', 'y', 'z'), max, fc.constantFrom(0, 50))
    .map(([name, slots, priority]) => candidate(name, slots, { priority })),
  { selector: ({ accountId: id }) => id, maxLength: 3 },
);

const queue = fc.option(fc.record({ max: fc.constantFrom(0, 1, 3, 9), timeoutMs: fc.constant(600_000) }));

const admissions = user.chain((name) =>
  fc
    .tuple(node, windowsOf(name), fc.option(moneyOf(name), { freq: 1 }), slotsOf(name), queue)
    .map(([at, windows, money, slots, waits]) =>
      admit(at, { userId: userId(name), windows, money, slots, queue: waits }),
    ),
);

/** Little but slots and queues, so that they fill. */
const crowds = fc
  .tuple(node, fc.constantFrom([userHolder('a')], [userHolder('a'), keyHolder('a', 'k')]), max, max)
  .map(([at, holders, userMax, keyMax]) => {
    const slots = holders.map((holder) => ({ holder, max: holder.kind === 'user' ? userMax : keyMax }));
    const waits = { max: 9, timeoutMs: 600_000 };
    return admit(at, { userId: userId('a'), windows: [], money: null, slots, queue: waits });
  });

/** Little but holds and queues, so that money is short. */
const spenders = fc
  .tuple(node, fc.oneof(balanceOf('a'), moneyOf('a')), fc.constantFrom(0, 0, 0, 2))
  .map(([at, money, userMax]) =>
    admit(at, {
      userId: userId('a'),
      windows: [],
      money,
      slots: [{ holder: userHolder('a'), max: userMax }],
      queue: { max: 9, timeoutMs: 600_000 },
    }),
  );

const seeds = fc
  .tuple(node, fc.constantFrom(...PURSES), figure, fc.constantFrom(null, 35_000, 3_600_000))
  .map(([at, purse, amount, endsInMs]) => seed(at, purse, amount, endsInMs));

/** Random histories of several nodes on one store; admissions are most of them, as in life. */
export const storeCommands = fc.commands(
  [
    admissions,
    admissions,
    admissions,
    crowds,
    crowds,
    crowds,
    fc.nat(50).map((pick) => cancel(pick)),
    fc.constantFrom(1 as const, 2 as const).map((at) => kill(at)),
    fc.tuple(node, fc.nat(50), fc.nat(12)).map(([at, pick, trueCost]) => correct(at, pick, trueCost)),
    fc.tuple(node, candidates).map(([at, list]) => take(at, list)),
    fc.tuple(node, fc.nat(50), fc.boolean()).map(([at, pick, twice]) => release(at, pick, twice)),
    fc.tuple(node, fc.nat(50), fc.boolean()).map(([at, pick, twice]) => release(at, pick, twice)),
    spenders,
    spenders,
    spenders,
    spenders,
    seeds,
    seeds,
    fc
      .tuple(node, fc.nat(50), cost, fc.boolean())
      .map(([at, pick, amount, twice]) => settle(at, pick, amount, twice)),
    fc
      .tuple(node, fc.nat(50), cost, fc.boolean())
      .map(([at, pick, amount, back]) => finish(at, pick, amount, back)),
    fc.tuple(node, fc.boolean()).map(([at, forgets]) => listLost(at, forgets)),
    fc.tuple(node, user).map(([at, name]) => dropFigures(at, name)),
    fc.constantFrom(10_000, 20_000, 40_000, TEST_TIMINGS.windowMs, AFTER_WINDOW_MS).map((ms) => advance(ms)),
  ],
  { maxCommands: 60, size: 'max' },
);
