import { setTimeout as sleep } from 'node:timers/promises';
import { picoUsd, type AccountFinding, type AccountId, type LeaseId } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate, TakeAccountRequest, TakeAccountResult } from '../account-port.ts';
import type { Store } from '../port.ts';
import type { AccountModel, ModelTake } from './account-model.ts';
import {
  ACCOUNT_NAMES,
  command,
  flushNodes,
  keepPlace,
  mapNode,
  nodeAt,
  type AccountCommand,
  type RealAccounts,
} from './account-real.ts';
import { cancel, drain, expire, kill, listQueues, lookAt, SETTLE, waits } from './account-wait-commands.ts';
import { accountHolder, accountId, askAccounts, candidate, userId } from './harness.ts';

export type { RealAccounts } from './account-real.ts';

const IDS = ACCOUNT_NAMES.map(accountId);
const MODELS = ['m', 'n'] as const;
/** Never a sum of what the clock is moved by: the +1 ms of a session that comes twice at once does not matter. */
const IDLE_MS = 305_000;
const WINDOW_MS = 3_600_000;
const UNIT = 2n ** 54n;
const SHORT_WAIT_MS = 4;

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
  if (result.reason === 'queued') {
    const { accountId: waitsFor, isSticky, registeredSession, exclusions } = result;
    const isRegistered = registeredSession !== null;
    return { waits: waitsFor, isSticky, isRegistered, exclusions: listReasons(exclusions) };
  }
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
async function seedAll(model: AccountModel, real: RealAccounts, result: TakeAccountResult, spent: bigint) {
  if (result.taken || result.reason !== 'window-cost-unknown') return;
  const nowMs = await real.harness.clock();
  for (const [index, id] of result.accountIds.entries()) {
    const window = { startMs: nowMs, endMs: nowMs + WINDOW_MS };
    await nodeAt(real, 1).seedWindowCost(id, window, picoUsd(spent), result.seedTokens[index] ?? '');
    model.costs.set(id, { spent, untilMs: model.nowMs + WINDOW_MS });
  }
}

function take(node: number, request: TakeAccountRequest, spent: bigint): AccountCommand {
  return command(`take(${node},${JSON.stringify(request)},${spent})`, async (model, real) => {
    const result = await nodeAt(real, node).takeAccount(request);
    expect(mapResult(result)).toEqual(sortReasons(model.take(request, mapNode(real, node))));
    if (result.taken) real.taken.push({ lease: result.lease, take: model.takes });
    await keepTicket(model, real, request, result);
    await seedAll(model, real, result, spent);
    for (const { accountId: id, max } of request.candidates) {
      const live = await nodeAt(real, node).countSlots({ kind: 'account', accountId: id });
      expect(live).toBe(model.countLive(id));
      if (result.taken && max > 0 && result.accountId === id) expect(live).toBeLessThanOrEqual(max);
    }
  });
}

async function keepTicket(
  model: AccountModel,
  real: RealAccounts,
  { wait }: TakeAccountRequest,
  result: TakeAccountResult,
): Promise<void> {
  if (result.taken || result.reason !== 'queued' || !model.lastTicket) return;
  const place = keepPlace(real, result.ticket, model.lastTicket);
  // Of two places that are equal the older ticket goes first: ids are in the order of their milliseconds.
  await sleep(2);
  if (wait?.timeoutMs === SHORT_WAIT_MS) await expire(model, real, place);
}

/** Also one that has died. The node that releases need not be the one that took. */
function release(node: number, pick: number): AccountCommand {
  return command(`release(${node},${pick})`, async (model, real) => {
    const [gone] = real.taken.splice(pick % Math.max(1, real.taken.length), 1);
    if (!gone) return;
    nodeAt(real, node).release([gone.lease]);
    model.release(gone.take);
    await flushNodes(real);
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

/** The attempt that was taken last is over and has learnt nothing; it may well have been a probe. */
function giveUp(node: number, upstreamModel: string | null): AccountCommand {
  return command(`giveUp(${node},${upstreamModel})`, async (model, real) => {
    const last = real.taken.at(-1);
    if (last?.lease.holder.kind !== 'account') return;
    const { accountId: id } = last.lease.holder;
    const store = nodeAt(real, node);
    const undecided = { kind: 'undecided', upstreamModel } as const;
    store.reportAccount({ accountId: id, ...undecided }, last.lease.id);
    model.report(id, upstreamModel, undecided, last.take);
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
): AccountCommand {
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

function clear(node: number, id: AccountId, model: string | null): AccountCommand {
  return command(`clear(${node},${id},${model})`, async (reference, real) => {
    await nodeAt(real, node).clearAccountState(id, ...(model === null ? [] : [model]));
    reference.clear(id, model);
    await expectStates(reference, nodeAt(real, node));
  });
}

function addCost(node: number, id: AccountId, units: bigint): AccountCommand {
  return command(`addCost(${node},${id},${units})`, async (model, real) => {
    const store = nodeAt(real, node);
    store.addWindowCost(id, picoUsd(units));
    const known = model.costs.get(id);
    if (known && known.untilMs > model.nowMs) known.spent += units;
    expect((await store.readWindowCosts([id]))[0]?.spent ?? null).toBe(model.readCost(id));
  });
}

function advance(ms: number): AccountCommand {
  return command(`advance(${ms})`, async (model, real) => {
    await flushNodes(real);
    await real.harness.advance(ms);
    model.nowMs += ms;
    await lookAt(listQueues(model), model, real);
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
export async function expectSameAccounts(model: AccountModel, real: RealAccounts): Promise<void> {
  const [store] = real.harness.nodes;
  await drain(model, real, SETTLE);
  await expectStates(model, store);
  expect(await store.countSessions(IDS)).toEqual(IDS.map((id) => model.countSessions(id)));
  for (const name of ACCOUNT_NAMES)
    expect(await store.countSlots(accountHolder(name))).toBe(model.countLive(accountId(name)));
}

const node = fc.nat(2);
const id = fc.constantFrom(...IDS);
const model = fc.constantFrom(...MODELS);
const scope = fc.constantFrom(null, null, ...MODELS);

const account: fc.Arbitrary<AccountCandidate> = fc
  .record({
    name: fc.constantFrom(...ACCOUNT_NAMES),
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
  wait: waits,
  userId: fc.constantFrom(userId('a'), userId('b'), userId('c')),
  weight: fc.constantFrom(1, 2, 5, 100),
});

/** Little but a few slots and many who want them. */
const crowd = fc
  .record({
    name: fc.constantFrom('x' as const, 'y' as const),
    max: fc.constantFrom(1, 1, 2),
    upstreamModel: model,
    user: fc.constantFrom('a', 'b'),
    weight: fc.constantFrom(1, 3),
    timeoutMs: fc.constantFrom(600_000, 600_000, 600_000, SHORT_WAIT_MS),
  })
  .map(({ name, max, upstreamModel, user, weight, timeoutMs }) =>
    askAccounts([candidate(name, max, { upstreamModel })], {
      userId: userId(user),
      weight,
      wait: { stickyMax: 9, max: 9, stickyTimeoutMs: timeoutMs, timeoutMs },
    }),
  );

const BLOCKS = ['rate-limited', 'overloaded', 'paused', 'error'] as const;

/**
 * Each kind ends at a moment of its own, so that no two ends are equal but for the time that calls take: none of them
 * is nearer to another, or to a moment that the clock is moved to, than a machine stands still.
 */
function block(index: number, ms: number): AccountFinding {
  const state = BLOCKS[index] ?? 'paused';
  return { kind: 'block', upstreamModel: null, state, untilMs: ms + 3_000 + index * 2_000, reason: 'r' };
}

const finding: fc.Arbitrary<AccountFinding> = fc.oneof(
  fc.constantFrom<AccountFinding>(
    { kind: 'success', upstreamModel: null },
    { kind: 'failure', upstreamModel: null, reason: 'r' },
    { kind: 'failure', upstreamModel: null, reason: 'r' },
    { kind: 'strike', upstreamModel: null, reason: 'r' },
    { kind: 'undecided', upstreamModel: null },
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
    fc.tuple(node, crowd).map(([at, parts]) => take(at, parts, 0n)),
    fc.tuple(node, crowd).map(([at, parts]) => take(at, parts, 0n)),
    fc.tuple(node, crowd).map(([at, parts]) => take(at, parts, 0n)),
    fc.nat(50).map((pick) => cancel(pick)),
    fc.constantFrom(1 as const, 2 as const).map((at) => kill(at)),
    fc.tuple(node, fc.nat(50)).map(([at, pick]) => release(at, pick)),
    fc.tuple(node, fc.nat(50)).map(([at, pick]) => release(at, pick)),
    fc.tuple(node, id, scope, finding, fc.constantFrom(null, null)).map((parts) => report(...parts)),
    fc.tuple(node, id, scope, finding, fc.nat(50)).map((parts) => report(...parts)),
    fc
      .tuple(node, id, fc.constant(null), finding, fc.constantFrom(null, null))
      .map((parts) => report(...parts)),
    fc.tuple(node, id, scope, fc.nat(6), fc.integer({ min: 1, max: 6 })).map((parts) => attempts(...parts)),
    fc.tuple(node, id, scope, fc.nat(3), fc.integer({ min: 2, max: 6 })).map((parts) => attempts(...parts)),
    fc.tuple(node, scope).map((parts) => giveUp(...parts)),
    fc.tuple(node, scope).map((parts) => giveUp(...parts)),
    fc.tuple(node, id, scope).map((parts) => clear(...parts)),
    fc.tuple(node, id, fc.constantFrom(0n, 1n, UNIT, 3n * UNIT)).map((parts) => addCost(...parts)),
    fc.constantFrom(10_000, 10_000, 30_000, 60_000, 600_000, 3_600_000).map((ms) => advance(ms)),
  ],
  { maxCommands: 70, size: 'max' },
);
