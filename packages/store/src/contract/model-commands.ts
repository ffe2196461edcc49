import { picoUsd } from '@tollgate/core';
import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate } from '../account-port.ts';
import type { PurseName } from '../money-port.ts';
import { type AdmitRequest, LEASE_TTL_MS } from '../port.ts';
import { askAccounts, TEST_TIMINGS, userId } from './harness.ts';
import {
  type Command,
  command,
  expectCounted,
  expectNotOverdrawn,
  expectSameTickets,
  flush,
  keepHold,
  keepLeases,
  type NodeIndex,
  nodeOf,
  type Real,
} from './model-real.ts';
import type { ReferenceModel } from './reference-model.ts';

const SEED_TTL_MS = 45_000;
const HOUR_MS = 3_600_000;

export function admit(node: NodeIndex, parts: Omit<AdmitRequest, 'checksTokenQuota'>): Command {
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

/** Also of one that was granted long ago, whose leases may have been released or have died. */
export function cancel(pick: number): Command {
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

export function kill(node: 1 | 2): Command {
  return command(`kill(${node})`, async (model, real) => {
    if (!real.harness.kill || model.dead.has(node)) return;
    await flush(model, real);
    await real.harness.kill(node);
    model.kill(node);
  });
}

export function correct(node: NodeIndex, pick: number, trueCost: number): Command {
  return command(`correct(${node},${pick},${trueCost})`, async (model, real) => {
    const [settled] = real.reservations.splice(pick % Math.max(1, real.reservations.length), 1);
    if (!settled) return;
    nodeOf(model, real, node).correctReservation(settled.reservations, trueCost);
    model.windows.correct(settled.counted, trueCost);
    await flush(model, real);
  });
}

export function take(node: NodeIndex, candidates: AccountCandidate[]): Command {
  return command(`take(${node},${JSON.stringify(candidates)})`, async (model, real) => {
    const result = await nodeOf(model, real, node).takeAccount(askAccounts(candidates));
    const expected = model.take(candidates);
    expect(result.taken ? JSON.stringify(result.lease.holder) : null).toBe(expected?.holder ?? null);
    if (result.taken && expected) real.leases.set(expected, result.lease);
  });
}

/** `twice`: the second one must free nobody else. The node that releases need not be the one that took. */
export function release(node: NodeIndex, pick: number, twice: boolean): Command {
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

export function seed(node: NodeIndex, purse: PurseName, amount: bigint, endsInMs: number | null): Command {
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
export function settle(node: NodeIndex, pick: number, cost: bigint, twice: boolean): Command {
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
export function finish(node: NodeIndex, pick: number, cost: bigint, isReleased: boolean): Command {
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
export function listLost(node: NodeIndex, forgets: boolean): Command {
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

export function dropFigures(node: NodeIndex, user: string): Command {
  return command(`dropFigures(${node},${user})`, async (model, real) => {
    await nodeOf(model, real, node).publish([{ scope: 'balance', userId: userId(user) }]);
    model.money.drop(userId(user));
  });
}

/**
 * Everything that was not released ages: the lost releases of killed nodes die here. What was counted is not
 * moved after its window: the windows on Redis are aged without its clock.
 */
export function advance(ms: number): Command {
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
