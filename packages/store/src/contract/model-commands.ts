import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate, Lease, WindowLimit, SlotRequest, Store } from '../port.ts';
import type { Harness } from './harness.ts';
import {
  accountHolder,
  accountId,
  ask,
  groupId,
  keyHolder,
  keyId,
  TEST_TIMINGS,
  userHolder,
  userId,
} from './harness.ts';
import type { ReferenceModel } from './reference-model.ts';

/** The store under test, and what its callers hold. Leases stand in the same order as the model's. */
export interface Real {
  harness: Harness;
  leases: Lease[];
  /** Last token a caller got, by user: it may be spent. */
  tokens: Map<string, string>;
}

type Command = fc.AsyncCommand<ReferenceModel, Real>;
type NodeIndex = 0 | 1 | 2;

const SEED_TTL_MS = 45_000;
const USERS = ['a', 'b'] as const;

const command = (text: string, run: (model: ReferenceModel, real: Real) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => text,
});

function admit(
  node: NodeIndex,
  user: string,
  rpm: WindowLimit[],
  pays: boolean,
  slots: SlotRequest[],
): Command {
  return command(`admit(${node},${user},${JSON.stringify({ rpm, pays, slots })})`, async (model, real) => {
    const balanceOf = pays ? userId(user) : null;
    const result = await real.harness.nodes[node].admit(
      ask({ userId: userId(user), windows: rpm, balanceOf, slots }),
    );
    const verdict = model.admit(rpm, pays ? user : null, slots);
    expect(result.admitted ? 'admitted' : result.reason).toBe(verdict);
    if (result.admitted) {
      real.leases.push(...result.leases);
      const left = rpm.map((limit) => model.remaining(limit));
      expect(result.requests?.remaining ?? null).toBe(left.length === 0 ? null : Math.min(...left));
      expect(Math.min(0, ...left)).toBe(0);
    } else if (result.reason === 'balance-unknown') real.tokens.set(user, result.seedToken);
    for (const { holder, max } of slots) {
      const live = await real.harness.nodes[node].countSlots(holder);
      expect(live).toBe(model.countLive(holder));
      if (result.admitted && max > 0) expect(live).toBeLessThanOrEqual(max);
    }
  });
}

function take(node: NodeIndex, candidates: AccountCandidate[]): Command {
  return command(`take(${node},${JSON.stringify(candidates)})`, async (model, real) => {
    const result = await real.harness.nodes[node].takeAccount({ candidates });
    const expected = model.take(candidates);
    expect(result.taken ? result.accountId : null).toBe(expected);
    if (result.taken) real.leases.push(result.lease);
  });
}

/** `twice`: the second one must free nobody else. The node that releases need not be the one that took. */
function release(node: NodeIndex, pick: number, twice: boolean): Command {
  return command(`release(${node},${pick},${twice})`, async (model, real) => {
    if (real.leases.length === 0) return;
    const index = pick % real.leases.length;
    const [lease] = real.leases.splice(index, 1);
    if (!lease) return;
    model.release(model.leases[index]);
    const store = real.harness.nodes[node];
    store.release([lease]);
    if (twice) store.release([lease]);
    expect(await store.countSlots(lease.holder)).toBe(model.countLive(lease.holder));
  });
}

function seed(node: NodeIndex, user: string, figure: bigint): Command {
  return command(`seed(${node},${user},${figure})`, async (model, real) => {
    const token = real.tokens.get(user);
    if (!token) return;
    const store = real.harness.nodes[node];
    await store.seedBalance(userId(user), picoUsd(figure), SEED_TTL_MS, token);
    model.seed(user, figure, SEED_TTL_MS);
    await expectBalance(model, store, user);
  });
}

function debit(node: NodeIndex, user: string, amount: bigint): Command {
  return command(`debit(${node},${user},${amount})`, async (model, real) => {
    const store = real.harness.nodes[node];
    store.debitBalance(userId(user), picoUsd(amount));
    model.debit(user, amount);
    await store.countSlots(userHolder(user));
    await expectBalance(model, store, user);
  });
}

function dropBalance(node: NodeIndex, user: string): Command {
  return command(`dropBalance(${node},${user})`, async (model, real) => {
    await real.harness.nodes[node].publish([{ scope: 'balance', userId: userId(user) }]);
    model.dropBalance(user);
    await expectBalance(model, real.harness.nodes[node], user);
  });
}

/** Everything that was not released ages: the lost releases of killed nodes die here. */
function advance(ms: number): Command {
  return command(`advance(${ms})`, async (model, real) => {
    await real.harness.advance(ms);
    model.advance(ms);
  });
}

async function expectBalance(model: ReferenceModel, store: Store, user: string): Promise<void> {
  expect(await store.readBalance(userId(user))).toBe(model.balance(user));
}

const node = fc.constantFrom<NodeIndex>(0, 1, 2);
const user = fc.constantFrom(...USERS);
const max = fc.constantFrom(0, 1, 2, 3);
/** Beyond 2^53, and within 64 bits even after a whole history of debits. */
const figure = fc.bigInt({ min: -5n, max: 12n }).map((units) => units * 2n ** 53n + units);

const rpmOf = (name: string) =>
  fc.uniqueArray(
    fc.record({
      subject: fc.constantFrom(
        { kind: 'user' as const, userId: userId(name) },
        { kind: 'user-group' as const, userId: userId(name), groupId: groupId('g') },
        { kind: 'key' as const, userId: userId(name), keyId: keyId('k') },
      ),
      limit: fc.integer({ min: 1, max: 20 }),
      unit: fc.constant('requests' as const),
      shape: fc.constant('fixed' as const),
      cost: fc.constant(1),
    }),
    { selector: ({ subject }) => subject.kind, maxLength: 3 },
  );

const slotsOf = (name: string) =>
  fc
    .constantFrom([], [userHolder(name)], [userHolder(name), keyHolder(name, 'k')])
    .chain((holders) =>
      fc.tuple(...holders.map((holder) => fc.record({ holder: fc.constant(holder), max }))),
    );

const candidates = fc.uniqueArray(
  fc.record({
    accountId: fc.constantFrom('x', 'y', 'z').map(accountId),
    max,
    priority: fc.constantFrom(0, 50),
  }),
  { selector: ({ accountId: id }) => id, maxLength: 3 },
);

const admissions = user.chain((name) =>
  fc
    .tuple(node, rpmOf(name), fc.constantFrom(true, false, false, false), slotsOf(name))
    .map(([at, rpm, pays, slots]) => admit(at, name, rpm, pays, slots)),
);

/** Random histories of several nodes on one store; admissions are most of them, as in life. */
export const storeCommands = fc.commands(
  [
    admissions,
    admissions,
    admissions,
    fc.tuple(node, candidates).map(([at, list]) => take(at, list)),
    fc.tuple(node, fc.nat(50), fc.boolean()).map(([at, pick, twice]) => release(at, pick, twice)),
    fc.tuple(node, user, figure).map(([at, name, amount]) => seed(at, name, amount)),
    fc.tuple(node, user, figure).map(([at, name, amount]) => debit(at, name, amount)),
    fc.tuple(node, user).map(([at, name]) => dropBalance(at, name)),
    fc.constantFrom(10_000, 20_000, 40_000, TEST_TIMINGS.windowMs).map((ms) => advance(ms)),
  ],
  { maxCommands: 60, size: 'max' },
);

/** At the end of a history: every holder counts what the model counts. */
export async function expectSameSlots(model: ReferenceModel, real: Real): Promise<void> {
  const holders = [
    ...USERS.flatMap((name) => [userHolder(name), keyHolder(name, 'k')]),
    ...['x', 'y', 'z'].map(accountHolder),
  ];
  for (const holder of holders) {
    expect(await real.harness.nodes[0].countSlots(holder)).toBe(model.countLive(holder));
  }
}
