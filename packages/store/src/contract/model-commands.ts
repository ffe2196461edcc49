import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate } from '../account-port.ts';
import type { Hold, PurseName } from '../money-port.ts';
import { LEASE_TTL_MS } from '../port.ts';
import type { AdmitRequest, AdmitResult, Counted, Lease } from '../port.ts';
import type { Reservation, Store, Ticket, TicketOutcome } from '../port.ts';
import type { Harness } from './harness.ts';
import {
  accountHolder,
  askAccounts,
  balance,
  candidate,
  groupId,
  keyHolder,
  keyId,
  keyPurse,
  subscriptionPurse,
  TEST_TIMINGS,
  userHolder,
  userId,
} from './harness.ts';
import type { ModelAnswer, ModelLease, ModelTicket, ReferenceModel } from './reference-model.ts';
import type { ModelHold, ModelToken } from './reference-money.ts';
import type { ModelCount } from './reference-windows.ts';

interface Place {
  ticket: Ticket;
  kind: TicketOutcome['kind'] | 'waiting';
  /** Its leases are among `leases`. */
  isKept: boolean;
}

/** The store under test, and what its callers hold. */
export interface Real {
  harness: Harness;
  leases: Map<ModelLease, Lease>;
  tickets: Map<ModelTicket, Place>;
  /** Token windows of admissions that are not settled. */
  reservations: { counted: ModelCount[]; reservations: readonly Reservation[] }[];
  /** Those that were not settled by their callers. */
  holds: Map<ModelHold, Hold>;
  /** Last token a caller got, by user: it may be spent. */
  tokens: Map<string, { real: string; model: ModelToken }>;
}

type Command = fc.AsyncCommand<ReferenceModel, Real>;
type NodeIndex = 0 | 1 | 2;

const SEED_TTL_MS = 45_000;
/** The last bucket of a sliding window is gone as well. */
const AFTER_WINDOW_MS = TEST_TIMINGS.windowMs + TEST_TIMINGS.windowMs / 60;
const USERS = ['a', 'b'] as const;
const HOUR_MS = 3_600_000;
/** Purses that a window, a quota and a balance stand for, of each user. */
const PURSES: PurseName[] = USERS.flatMap((name) => [
  balance(name),
  keyPurse(name, 'k', 'total'),
  keyPurse(name, 'k', '5h'),
  subscriptionPurse(name, 's', 'day'),
]);
/** Those who wait look again with each renewal. */
const LOOK_MS = 30;
/** Far longer than a message or a renewal takes. */
const HEARD_WITHIN_MS = 5_000;

/** After each command all that the model has granted is granted, and nothing else is. */
const command = (text: string, run: (model: ReferenceModel, real: Real) => Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    model.grantAll();
    if (model.waitsForFigures()) await sleep(LOOK_MS);
    await expectSameTickets(model, real);
    await expectSameMoney(model, real);
  },
  toString: () => text,
});

/** Node 0 is never killed. */
function nodeOf(model: ReferenceModel, real: Real, node: NodeIndex): Store {
  return real.harness.nodes[model.dead.has(node) ? 0 : node];
}

function admit(node: NodeIndex, parts: Omit<AdmitRequest, 'checksTokenQuota'>): Command {
  const request = { ...parts, checksTokenQuota: false };
  return command(`admit(${node},${fc.stringify(parts)})`, async (model, real) => {
    const store = nodeOf(model, real, node);
    const result = await store.admit(request);
    const answer = model.admit(request, model.dead.has(node) ? 0 : node);
    expect(result.admitted ? 'admitted' : result.reason).toBe(answer.verdict);
    if (result.admitted) keepLeases(real, answer.leases, result.leases);
    if (result.admitted) keepHold(real, answer.hold, result.hold);
    if (result.admitted || result.reason === 'queued') expectCounted(model, real, request, result, answer);
    else if (result.reason === 'purses-unknown' && answer.token)
      real.tokens.set(request.userId, { real: result.seedToken, model: answer.token });
    if (request.money?.hold && result.admitted) expectNotOverdrawn(model, request);
    for (const { holder, max } of request.slots) {
      const live = await store.countSlots(holder);
      expect(live).toBe(model.countLive(holder));
      if (result.admitted && max > 0) expect(live).toBeLessThanOrEqual(max);
    }
  });
}

function expectCounted(
  model: ReferenceModel,
  real: Real,
  { windows }: AdmitRequest,
  result: Extract<AdmitResult, Counted>,
  { ticket, counted }: ModelAnswer,
): void {
  for (const unit of ['requests', 'tokens'] as const) {
    const left = windows
      .filter((window) => window.unit === unit)
      .map((window) => model.windows.remaining(window));
    expect(result[unit]?.remaining ?? null).toBe(left.length === 0 ? null : Math.min(...left));
    expect(Math.min(0, ...left)).toBe(0);
  }
  const tokens = counted.filter(({ window }) => window.includes('"tokens"'));
  if (result.admitted) real.reservations.push({ counted: tokens, reservations: result.reservations });
  else if (ticket) {
    const place: Place = { ticket: result.ticket, kind: 'waiting', isKept: false };
    void result.ticket.outcome.then(({ kind }) => (place.kind = kind));
    real.tickets.set(ticket, place);
  }
}

function keepLeases(real: Real, model: readonly ModelLease[], leases: readonly Lease[]): void {
  for (const [index, lease] of leases.entries()) {
    const twin = model[index];
    if (twin) real.leases.set(twin, lease);
  }
}

function keepHold(real: Real, model: ModelHold | null, hold: Hold | null): void {
  expect(hold === null).toBe(model === null);
  if (model && hold) real.holds.set(model, hold);
}

/** MON-4: what is spent and held is never more than there is, right after something was held. */
function expectNotOverdrawn(model: ReferenceModel, { money }: AdmitRequest): void {
  for (const { purse, limit } of money?.purses ?? []) {
    const state = model.money.read(purse);
    if (!state) throw new Error('admitted by a figure that nobody knows');
    const rest = limit === null ? state.amount : limit - state.amount;
    expect(rest - state.held).toBeGreaterThanOrEqual(0n);
  }
}

async function expectSameMoney(model: ReferenceModel, real: Real): Promise<void> {
  const states = await real.harness.nodes[0].readPurses(PURSES);
  const seen = states.map((state) => state && [state.amount, state.held, state.startMs !== null]);
  const expected = PURSES.map((purse) => model.money.read(purse));
  expect(seen).toEqual(expected.map((state) => state && [state.amount, state.held, state.hasBegun]));
}

async function expectSameTickets(model: ReferenceModel, real: Real): Promise<void> {
  for (const [twin, place] of real.tickets) {
    if (model.dead.has(twin.node)) real.tickets.delete(twin);
    else if (twin.state === 'waits') expect(place.kind).toBe('waiting');
    else if (!place.isKept) {
      const late = sleep(HEARD_WITHIN_MS, null, { ref: false });
      const outcome = await Promise.race([place.ticket.outcome, late]);
      expect(outcome?.kind ?? 'a waiter is lost').toBe(twin.state === 'granted' ? 'granted' : 'money');
      if (outcome?.kind === 'granted') {
        keepLeases(real, twin.leases, outcome.leases);
        keepHold(real, twin.hold, outcome.hold);
      } else real.tickets.delete(twin);
      place.isKept = true;
    }
  }
}

/** Also of one that was granted long ago, whose leases may have been released or have died. */
function cancel(pick: number): Command {
  return command(`cancel(${pick})`, async (model, real) => {
    const [twin, place] = [...real.tickets][pick % Math.max(1, real.tickets.size)] ?? [];
    if (!twin || !place) return;
    const isLive = twin.leases.every(
      (lease) => model.leases.includes(lease) && lease.expiresAtMs > model.nowMs,
    );
    if (!isLive) return;
    place.ticket.cancel();
    real.tickets.delete(twin);
    if (twin.hold) real.holds.delete(twin.hold);
    model.cancel(twin);
    await flush(model, real);
  });
}

function kill(node: 1 | 2): Command {
  return command(`kill(${node})`, async (model, real) => {
    if (!real.harness.kill || model.dead.has(node)) return;
    await flush(model, real);
    await real.harness.kill(node);
    model.kill(node);
  });
}

function correct(node: NodeIndex, pick: number, trueCost: number): Command {
  return command(`correct(${node},${pick},${trueCost})`, async (model, real) => {
    const [settled] = real.reservations.splice(pick % Math.max(1, real.reservations.length), 1);
    if (!settled) return;
    nodeOf(model, real, node).correctReservation(settled.reservations, trueCost);
    model.windows.correct(settled.counted, trueCost);
    await flush(model, real);
  });
}

/** What every node has to say is said. */
async function flush(model: ReferenceModel, real: Real): Promise<void> {
  for (const node of [0, 1, 2] as const) await nodeOf(model, real, node).countSlots(userHolder('a'));
}

function take(node: NodeIndex, candidates: AccountCandidate[]): Command {
  return command(`take(${node},${JSON.stringify(candidates)})`, async (model, real) => {
    const result = await nodeOf(model, real, node).takeAccount(askAccounts(candidates));
    const expected = model.take(candidates);
    expect(result.taken ? JSON.stringify(result.lease.holder) : null).toBe(expected?.holder ?? null);
    if (result.taken && expected) real.leases.set(expected, result.lease);
  });
}

/** `twice`: the second one must free nobody else. The node that releases need not be the one that took. */
function release(node: NodeIndex, pick: number, twice: boolean): Command {
  return command(`release(${node},${pick},${twice})`, async (model, real) => {
    const [twin, lease] = [...real.leases][pick % Math.max(1, real.leases.size)] ?? [];
    if (!twin || !lease) return;
    real.leases.delete(twin);
    model.release(twin);
    const store = nodeOf(model, real, node);
    store.release([lease]);
    if (twice) store.release([lease]);
    expect(await store.countSlots(lease.holder)).toBe(model.countLive(lease.holder));
  });
}

function seed(node: NodeIndex, purse: PurseName, amount: bigint, endsInMs: number | null): Command {
  return command(`seed(${node},${JSON.stringify(purse)},${amount},${endsInMs})`, async (model, real) => {
    const { userId: user } = purse;
    const token = real.tokens.get(user);
    if (!token) return;
    const hasWindow = 'window' in purse && purse.window !== 'total';
    const restMs = hasWindow ? endsInMs : null;
    const startMs = restMs === null ? null : (await real.harness.clock()) - lengthOf(purse) + restMs;
    const one = {
      purse,
      amount: picoUsd(purse.kind === 'balance' || amount >= 0n ? amount : -amount),
      startMs,
    };
    await nodeOf(model, real, node).seedPurses(user, [one], SEED_TTL_MS, token.real);
    model.money.seed(user, one, restMs, token.model, SEED_TTL_MS);
  });
}

/** `twice`: the second one must change nothing. Also of a hold that has died. */
function settle(node: NodeIndex, pick: number, cost: bigint, twice: boolean): Command {
  return command(`settle(${node},${pick},${cost},${twice})`, async (model, real) => {
    const [twin, hold] = [...real.holds][pick % Math.max(1, real.holds.size)] ?? [];
    if (!twin || !hold) return;
    real.holds.delete(twin);
    const store = nodeOf(model, real, node);
    store.settleHold(hold, picoUsd(cost));
    if (twice) store.settleHold(hold, picoUsd(cost + 1n));
    model.settle(twin, cost);
    await flush(model, real);
  });
}

/** A request ends: its hold is settled, and its leases come back, or are lost. */
function finish(node: NodeIndex, pick: number, cost: bigint, isReleased: boolean): Command {
  return command(`finish(${node},${pick},${cost},${isReleased})`, async (model, real) => {
    const [twin, hold] = [...real.holds][pick % Math.max(1, real.holds.size)] ?? [];
    if (!twin || !hold) return;
    real.holds.delete(twin);
    const store = nodeOf(model, real, node);
    const leases = [...real.leases].filter(([, lease]) => lease.id === hold.id);
    store.settleHold(hold, picoUsd(cost));
    await flush(model, real);
    model.settle(twin, cost);
    for (const [lease, own] of isReleased ? leases : []) {
      store.release([own]);
      model.release(lease);
      real.leases.delete(lease);
    }
    await flush(model, real);
  });
}

/** They are looked for when a lease time has passed without a word of their node. */
function listLost(node: NodeIndex, forgets: boolean): Command {
  return command(`listLost(${node},${forgets})`, async (model, real) => {
    await real.harness.advance(LEASE_TTL_MS);
    model.advance(LEASE_TTL_MS);
    const store = nodeOf(model, real, node);
    const lost = await store.listLostHolds(1_000);
    const seen = lost.map(({ userId: user, note, amount }) => `${user} ${note} ${amount}`).toSorted();
    expect(seen).toEqual(model.money.listLost());
    if (!forgets) return;
    await store.forgetLostHolds(lost.map(({ id }) => id));
    model.money.forgetLost();
  });
}

function dropFigures(node: NodeIndex, user: string): Command {
  return command(`dropFigures(${node},${user})`, async (model, real) => {
    await nodeOf(model, real, node).publish([{ scope: 'balance', userId: userId(user) }]);
    model.money.drop(userId(user));
  });
}

/**
 * Everything that was not released ages: the lost releases of killed nodes die here. What was counted is not
 * moved after its window: the windows on Redis are aged without its clock.
 */
function advance(ms: number): Command {
  return command(`advance(${ms})`, async (model, real) => {
    if (ms >= TEST_TIMINGS.windowMs) await forgetCounted(model, real);
    await real.harness.advance(ms);
    model.advance(ms);
  });
}

async function forgetCounted(model: ReferenceModel, real: Real): Promise<void> {
  real.reservations = [];
  for (const [twin, { ticket }] of real.tickets) {
    if (twin.state !== 'waits') continue;
    ticket.cancel();
    model.cancel(twin);
    real.tickets.delete(twin);
  }
  // Some may have been let in by the leaving of others: now, not after the clock has moved.
  await expectSameTickets(model, real);
  real.tickets.clear();
  await flush(model, real);
}

function lengthOf(purse: PurseName): number {
  return 'window' in purse && purse.window === '5h' ? 5 * HOUR_MS : 24 * HOUR_MS;
}

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
