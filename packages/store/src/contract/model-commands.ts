import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate } from '../account-port.ts';
import type { AdmitRequest, AdmitResult, Counted, Lease } from '../port.ts';
import type { Reservation, Store, Ticket, TicketOutcome } from '../port.ts';
import type { Harness } from './harness.ts';
import {
  accountHolder,
  askAccounts,
  candidate,
  groupId,
  keyHolder,
  keyId,
  TEST_TIMINGS,
  userHolder,
  userId,
} from './harness.ts';
import type { ModelAnswer, ModelLease, ModelTicket, ReferenceModel } from './reference-model.ts';
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
  /** Last token a caller got, by user: it may be spent. */
  tokens: Map<string, string>;
}

type Command = fc.AsyncCommand<ReferenceModel, Real>;
type NodeIndex = 0 | 1 | 2;

const SEED_TTL_MS = 45_000;
/** The last bucket of a sliding window is gone as well. */
const AFTER_WINDOW_MS = TEST_TIMINGS.windowMs + TEST_TIMINGS.windowMs / 60;
const USERS = ['a', 'b'] as const;
/** Far longer than a message or a renewal takes. */
const HEARD_WITHIN_MS = 5_000;

/** After each command all that the model has granted is granted, and nothing else is. */
const command = (text: string, run: (model: ReferenceModel, real: Real) => Promise<void>): Command => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    await expectSameTickets(model, real);
  },
  toString: () => text,
});

/** Node 0 is never killed. */
function nodeOf(model: ReferenceModel, real: Real, node: NodeIndex): Store {
  return real.harness.nodes[model.dead.has(node) ? 0 : node];
}

function admit(node: NodeIndex, parts: Omit<AdmitRequest, 'checksTokenQuota'>): Command {
  const request = { ...parts, checksTokenQuota: false };
  return command(`admit(${node},${JSON.stringify(parts)})`, async (model, real) => {
    const store = nodeOf(model, real, node);
    const result = await store.admit(request);
    const answer = model.admit(request, model.dead.has(node) ? 0 : node);
    expect(result.admitted ? 'admitted' : result.reason).toBe(answer.verdict);
    if (result.admitted) keepLeases(real, answer.leases, result.leases);
    if (result.admitted || result.reason === 'queued') expectCounted(model, real, request, result, answer);
    else if (result.reason === 'balance-unknown') real.tokens.set(request.userId, result.seedToken);
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

async function expectSameTickets(model: ReferenceModel, real: Real): Promise<void> {
  for (const [twin, place] of real.tickets) {
    if (model.dead.has(twin.node)) real.tickets.delete(twin);
    else if (twin.leases === null) expect(place.kind).toBe('waiting');
    else if (!place.isKept) {
      const late = sleep(HEARD_WITHIN_MS, null, { ref: false });
      const outcome = await Promise.race([place.ticket.outcome, late]);
      if (outcome?.kind !== 'granted') throw new Error(`a waiter is lost: ${outcome?.kind ?? 'it waits'}`);
      keepLeases(real, twin.leases, outcome.leases);
      place.isKept = true;
    }
  }
}

/** Also of one that was granted long ago, whose leases may have been released or have died. */
function cancel(pick: number): Command {
  return command(`cancel(${pick})`, async (model, real) => {
    const [twin, place] = [...real.tickets][pick % Math.max(1, real.tickets.size)] ?? [];
    if (!twin || !place) return;
    const isLive = twin.leases?.every(
      (lease) => model.leases.includes(lease) && lease.expiresAtMs > model.nowMs,
    );
    if (twin.leases !== null && !isLive) return;
    place.ticket.cancel();
    real.tickets.delete(twin);
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

function seed(node: NodeIndex, user: string, figure: bigint): Command {
  return command(`seed(${node},${user},${figure})`, async (model, real) => {
    const token = real.tokens.get(user);
    if (!token) return;
    const store = nodeOf(model, real, node);
    await store.seedBalance(userId(user), picoUsd(figure), SEED_TTL_MS, token);
    model.seed(user, figure, SEED_TTL_MS);
    await expectBalance(model, store, user);
  });
}

function debit(node: NodeIndex, user: string, amount: bigint): Command {
  return command(`debit(${node},${user},${amount})`, async (model, real) => {
    const store = nodeOf(model, real, node);
    store.debitBalance(userId(user), picoUsd(amount));
    model.debit(user, amount);
    await store.countSlots(userHolder(user));
    await expectBalance(model, store, user);
  });
}

function dropBalance(node: NodeIndex, user: string): Command {
  return command(`dropBalance(${node},${user})`, async (model, real) => {
    await nodeOf(model, real, node).publish([{ scope: 'balance', userId: userId(user) }]);
    model.dropBalance(user);
    await expectBalance(model, nodeOf(model, real, node), user);
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
    if (twin.leases !== null) continue;
    ticket.cancel();
    model.cancel(twin);
    real.tickets.delete(twin);
  }
  real.tickets.clear();
  await flush(model, real);
}

async function expectBalance(model: ReferenceModel, store: Store, user: string): Promise<void> {
  expect(await store.readBalance(userId(user))).toBe(model.balance(user));
}

const node = fc.constantFrom<NodeIndex>(0, 1, 2);
const user = fc.constantFrom(...USERS);
const max = fc.constantFrom(0, 1, 2, 3);
/** Beyond 2^53, and within 64 bits even after a whole history of debits. */
const figure = fc.bigInt({ min: -5n, max: 12n }).map((units) => units * 2n ** 53n + units);

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
    .tuple(node, windowsOf(name), fc.constantFrom(true, false, false, false), slotsOf(name), queue)
    .map(([at, windows, pays, slots, waits]) => {
      const balanceOf = pays ? userId(name) : null;
      return admit(at, { userId: userId(name), windows, balanceOf, slots, queue: waits });
    }),
);

/** Little but slots and queues, so that they fill. */
const crowds = fc
  .tuple(node, fc.constantFrom([userHolder('a')], [userHolder('a'), keyHolder('a', 'k')]), max, max)
  .map(([at, holders, userMax, keyMax]) => {
    const slots = holders.map((holder) => ({ holder, max: holder.kind === 'user' ? userMax : keyMax }));
    const waits = { max: 9, timeoutMs: 600_000 };
    return admit(at, { userId: userId('a'), windows: [], balanceOf: null, slots, queue: waits });
  });

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
    fc.tuple(node, fc.nat(50), fc.nat(12)).map(([at, pick, cost]) => correct(at, pick, cost)),
    fc.tuple(node, candidates).map(([at, list]) => take(at, list)),
    fc.tuple(node, fc.nat(50), fc.boolean()).map(([at, pick, twice]) => release(at, pick, twice)),
    fc.tuple(node, fc.nat(50), fc.boolean()).map(([at, pick, twice]) => release(at, pick, twice)),
    fc.tuple(node, user, figure).map(([at, name, amount]) => seed(at, name, amount)),
    fc.tuple(node, user, figure).map(([at, name, amount]) => debit(at, name, amount)),
    fc.tuple(node, user).map(([at, name]) => dropBalance(at, name)),
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
