import { picoUsd, type AccountFinding, type AccountId, type LeaseId } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import type { Lease, Store } from '../port.ts';
import type { AccountModel, ModelTake } from './account-model.ts';
import { accountHolder, accountId, askAccounts, candidate, flushAccounts, type Harness } from './harness.ts';

/** The store under test, and what its callers hold: leases with the number of their take. */
export interface RealAccounts {
  harness: Harness;
  taken: { lease: Lease; take: number }[];
}

type Command = fc.AsyncCommand<AccountModel, RealAccounts>;

const NAMES = ['x', 'y', 'z'] as const;
const IDS = NAMES.map(accountId);
const MODELS = ['m', 'n'] as const;
/** Never a sum of what the clock is moved by: the +1 ms of a session that comes twice at once does not matter. */
const IDLE_MS = 305_000;
const WINDOW_MS = 3_600_000;
const UNIT = 2n ** 54n;

const command = (text: string, run: (model: AccountModel, real: RealAccounts) => Promise<void>): Command => ({
  check: () => true,
  run,
  toString: () => text,
});

function mapResult(result: TakeAccountResult): ModelTake {
  if (result.taken) {
    const { isSticky, isProbe, registeredSession, exclusions } = result;
    const isRegistered = registeredSession !== null;
    return {
      account: result.accountId,
      isSticky,
      isProbe,
      isRegistered,
      exclusions: listReasons(exclusions),
    };
  }
  if (result.reason === 'window-cost-unknown') return { unknown: result.accountIds };
  return { none: listReasons(result.exclusions) };
}

/** In what order accounts are found out of use says nothing. */
function sortReasons(answer: ModelTake): ModelTake {
  if ('none' in answer) return { none: answer.none.toSorted() };
  return 'unknown' in answer ? answer : { ...answer, exclusions: answer.exclusions.toSorted() };
}

function listReasons(exclusions: readonly { accountId: string; reason: string }[]): string[] {
  return exclusions.map(({ accountId: id, reason }) => `${id} ${reason}`).toSorted();
}

/** Figures that are asked for are given, as a caller would. */
async function seedAll(
  model: AccountModel,
  { harness }: RealAccounts,
  result: TakeAccountResult,
  spent: bigint,
) {
  if (result.taken || result.reason !== 'window-cost-unknown') return;
  const nowMs = await harness.clock();
  for (const [index, id] of result.accountIds.entries()) {
    const window = { startMs: nowMs, endMs: nowMs + WINDOW_MS };
    await harness.nodes[1].seedWindowCost(id, window, picoUsd(spent), result.seedTokens[index] ?? '');
    model.costs.set(id, { spent, untilMs: model.nowMs + WINDOW_MS });
  }
}

function take(node: number, request: TakeAccountRequest, spent: bigint): Command {
  return command(`take(${node},${JSON.stringify(request)},${spent})`, async (model, real) => {
    const result = await nodeAt(real, node).takeAccount(request);
    expect(mapResult(result)).toEqual(sortReasons(model.take(request)));
    if (result.taken) real.taken.push({ lease: result.lease, take: model.takes });
    await seedAll(model, real, result, spent);
    for (const { accountId: id, max } of request.candidates) {
      const live = await nodeAt(real, node).countSlots({ kind: 'account', accountId: id });
      expect(live).toBe(model.countLive(id));
      if (result.taken && max > 0 && result.accountId === id) expect(live).toBeLessThanOrEqual(max);
    }
  });
}

function release(node: number, pick: number): Command {
  return command(`release(${node},${pick})`, async (model, real) => {
    const [gone] = real.taken.splice(pick % Math.max(1, real.taken.length), 1);
    if (!gone) return;
    nodeAt(real, node).release([gone.lease]);
    model.leases = model.leases.filter((lease) => lease.take !== gone.take);
  });
}

/** `pick` null = not a probe; else what a lease that may have been one says, also late or twice. */
function report(
  node: number,
  id: AccountId,
  upstreamModel: string | null,
  finding: AccountFinding,
  pick: number | null,
) {
  const text = `report(${node},${id},${upstreamModel},${JSON.stringify(finding)},${pick})`;
  return command(text, async (model, real) => {
    const store = nodeAt(real, node);
    const probe = pick === null ? undefined : real.taken[pick % Math.max(1, real.taken.length)];
    // Successes of usual attempts wait for a while, unless a failure takes them along.
    const isCollected = finding.kind === 'success' && probe === undefined;
    store.reportAccount({ accountId: id, ...finding, upstreamModel }, probe?.lease.id as LeaseId | undefined);
    model.report(id, upstreamModel, finding, probe?.take ?? null);
    if (isCollected) {
      store.reportAccount({ accountId: id, upstreamModel: null, kind: 'failure', reason: 'r' });
      model.report(id, null, { upstreamModel: null, kind: 'failure', reason: 'r' }, null);
    }
    await expectStates(model, store);
  });
}

/** Attempts of one turn; the failures take along what has succeeded before. */
function attempts(
  node: number,
  id: AccountId,
  upstreamModel: string | null,
  good: number,
  bad: number,
): Command {
  return command(`attempts(${node},${id},${upstreamModel},${good},${bad})`, async (model, real) => {
    const store = nodeAt(real, node);
    const success = { kind: 'success', upstreamModel } as const;
    const failure = { kind: 'failure', upstreamModel, reason: 'r' } as const;
    for (let count = 0; count < good; count += 1) store.reportAccount({ accountId: id, ...success });
    for (let count = 0; count < bad; count += 1) store.reportAccount({ accountId: id, ...failure });
    model.report(id, upstreamModel, success, null, good);
    model.report(id, upstreamModel, failure, null, bad);
    await expectStates(model, store);
  });
}

function clear(node: number, id: AccountId, model: string | null): Command {
  return command(`clear(${node},${id},${model})`, async (reference, real) => {
    await nodeAt(real, node).clearAccountState(id, ...(model === null ? [] : [model]));
    reference.clear(id, model);
    await expectStates(reference, nodeAt(real, node));
  });
}

function addCost(node: number, id: AccountId, units: bigint): Command {
  return command(`addCost(${node},${id},${units})`, async (model, real) => {
    const store = nodeAt(real, node);
    store.addWindowCost(id, picoUsd(units));
    const known = model.costs.get(id);
    if (known && known.untilMs > model.nowMs) known.spent += units;
    expect((await store.readWindowCosts([id]))[0]?.spent ?? null).toBe(model.readCost(id));
  });
}

function advance(ms: number): Command {
  return command(`advance(${ms})`, async (model, real) => {
    for (const node of real.harness.nodes) await flushAccounts(node);
    await real.harness.advance(ms);
    model.nowMs += ms;
  });
}

async function expectStates(model: AccountModel, store: Store): Promise<void> {
  const states = await store.listAccountStates(IDS);
  const found = states.map(({ accountId: id, upstreamModel, kind, backoffStep }) => [
    upstreamModel === null ? id : `${id}|${upstreamModel}`,
    `${kind} ${backoffStep}`,
  ]);
  expect(Object.fromEntries(found)).toEqual(model.listStates());
}

/** At the end of a history: every account has what the model has. */
export async function expectSameAccounts(model: AccountModel, { harness }: RealAccounts): Promise<void> {
  const [store] = harness.nodes;
  await expectStates(model, store);
  expect(await store.countSessions(IDS)).toEqual(IDS.map((id) => model.countSessions(id)));
  for (const name of NAMES)
    expect(await store.countSlots(accountHolder(name))).toBe(model.countLive(accountId(name)));
}

function nodeAt({ harness }: RealAccounts, index: number): Store {
  return harness.nodes[index] ?? harness.nodes[0];
}

const node = fc.nat(2);
const id = fc.constantFrom(...IDS);
const model = fc.constantFrom(...MODELS);
const scope = fc.constantFrom(null, null, ...MODELS);

const account: fc.Arbitrary<AccountCandidate> = fc
  .record({
    name: fc.constantFrom(...NAMES),
    max: fc.constantFrom(0, 1, 2, 3),
    priority: fc.constantFrom(0, 50),
    upstreamModel: model,
    sessionsMax: fc.constantFrom(0, 0, 1, 2),
    windowCost: fc.constantFrom(null, null, { limit: (4n * UNIT).toString(), reserve: UNIT.toString() }),
  })
  .map(({ name, max, ...changes }) => candidate(name, max, { ...changes, sessionIdleMs: IDLE_MS }));

const request = fc.record({
  candidates: fc.uniqueArray(account, { selector: ({ accountId: each }) => each, maxLength: 3 }),
  sticky: fc.constantFrom(null, { name: 's', ttlMs: 600_000 }, { name: 't', ttlMs: 60_000 }),
  session: fc.constantFrom(null, 'a', 'b', 'c'),
});

const BLOCKS = ['rate-limited', 'overloaded', 'paused', 'error'] as const;

/** Each kind ends at a second of its own, so that no two ends are equal but for the time that calls take. */
function block(index: number, ms: number): AccountFinding {
  const state = BLOCKS[index] ?? 'paused';
  return { kind: 'block', upstreamModel: null, state, untilMs: ms + (index + 1) * 1_000, reason: 'r' };
}

const finding: fc.Arbitrary<AccountFinding> = fc.oneof(
  fc.constantFrom<AccountFinding>(
    { kind: 'success', upstreamModel: null },
    { kind: 'failure', upstreamModel: null, reason: 'r' },
    { kind: 'failure', upstreamModel: null, reason: 'r' },
    { kind: 'strike', upstreamModel: null, reason: 'r' },
  ),
  fc.tuple(fc.nat(3), fc.constantFrom(0, 10_000, 60_000, 600_000)).map(([index, ms]) => block(index, ms)),
);

/** Random histories of several nodes on one store. */
export const accountCommands = fc.commands(
  [
    fc
      .tuple(node, request, fc.bigInt({ min: 0n, max: 6n }))
      .map(([at, parts, units]) =>
        take(at, askAccounts(parts.candidates, parts), units * UNIT - (units % 2n)),
      ),
    fc
      .tuple(node, request, fc.constant(0n))
      .map(([at, parts, units]) => take(at, askAccounts(parts.candidates, parts), units)),
    fc.tuple(node, fc.nat(50)).map(([at, pick]) => release(at, pick)),
    fc.tuple(node, id, scope, finding, fc.constantFrom(null, null)).map((parts) => report(...parts)),
    fc.tuple(node, id, scope, finding, fc.nat(50)).map((parts) => report(...parts)),
    fc
      .tuple(node, id, fc.constant(null), finding, fc.constantFrom(null, null))
      .map((parts) => report(...parts)),
    fc.tuple(node, id, scope, fc.nat(6), fc.integer({ min: 1, max: 6 })).map((parts) => attempts(...parts)),
    fc.tuple(node, id, scope, fc.nat(3), fc.integer({ min: 2, max: 6 })).map((parts) => attempts(...parts)),
    fc.tuple(node, id, scope).map((parts) => clear(...parts)),
    fc.tuple(node, id, fc.constantFrom(0n, 1n, UNIT, 3n * UNIT)).map((parts) => addCost(...parts)),
    fc.constantFrom(10_000, 10_000, 30_000, 60_000, 600_000, 3_600_000).map((ms) => advance(ms)),
  ],
  { maxCommands: 70, size: 'max' },
);
