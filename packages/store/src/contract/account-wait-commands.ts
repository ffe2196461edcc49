import * as fc from 'fast-check';
import { expect } from 'vitest';
import type { AccountCandidate } from '../account-port.ts';
import type { AccountModel } from './account-model.ts';
import {
  ACCOUNT_NAMES,
  command,
  flushNodes,
  forgetPlace,
  nodeAt,
  type AccountCommand,
  type Place,
  type RealAccounts,
} from './account-real.ts';
import { accountId, askAccounts, candidate } from './harness.ts';

/** Also of a ticket that was granted long ago, whose lease may have been released or have died. */
export function cancel(pick: number): AccountCommand {
  return command(`cancel(${pick})`, async (model, real) => {
    const granted = real.taken.flatMap(({ place }) => place ?? []);
    const all = [...(real.places ?? []), ...granted];
    const place = all[pick % Math.max(1, all.length)];
    if (place) await leave(model, real, place);
  });
}

async function leave(model: AccountModel, real: RealAccounts, place: Place): Promise<void> {
  place.ticket.cancel();
  place.ticket.cancel();
  forgetPlace(real, place);
  real.taken = real.taken.filter((taken) => taken.place !== place);
  model.queues.leave(place.twin);
  model.release(place.twin.take);
  await flushNodes(real);
}

/** The newest ticket's time is over: it has left as if it had been cancelled. */
export async function expire(model: AccountModel, real: RealAccounts, place: Place): Promise<void> {
  if (place.twin.state !== 'waiting') return;
  expect((await place.ticket.outcome).kind).toBe('timeout');
  await leave(model, real, place);
}

/** Its tickets are gone with it; what it held stays until it dies. */
export function kill(node: 1 | 2): AccountCommand {
  return command(`kill(${node})`, async (model, real) => {
    const dead = (real.dead ??= new Set());
    if (!real.harness.kill || dead.has(node)) return;
    await flushNodes(real);
    const queues = listQueues(model);
    await real.harness.kill(node);
    dead.add(node);
    model.kill(node);
    real.places = real.places?.filter(({ twin }) => twin.node !== node) ?? [];
    // Nobody on a dead node can cancel what it was granted.
    for (const taken of real.taken) if (taken.place?.twin.node === node) delete taken.place;
    await lookAt(queues, model, real);
  });
}

/** Accounts that somebody waits for, with the maximum that counts there. */
export function listQueues({ queues }: AccountModel): AccountCandidate[] {
  return ACCOUNT_NAMES.filter((name) => queues.count(accountId(name)) > 0).map((name) =>
    // Of a model that nobody asks for: no state keeps it from looking.
    candidate(name, queues.readMax(accountId(name)), { upstreamModel: 'unheard-of' }),
  );
}

/** What died is found by who looks: a take that finds no slot, or gives it back. */
export async function lookAt(
  queues: readonly AccountCandidate[],
  model: AccountModel,
  real: RealAccounts,
): Promise<void> {
  for (const each of queues) {
    const request = askAccounts([each]);
    const result = await nodeAt(real, 0).takeAccount(request);
    expect(result.taken).toBe('account' in model.take(request));
    if (result.taken) nodeAt(real, 0).release([result.lease]);
    if (result.taken) model.release(model.takes);
    await flushNodes(real);
  }
}

/** At the end: as slots come free, everybody who waits has a turn. */
export async function drain(model: AccountModel, real: RealAccounts, settle: AccountCommand): Promise<void> {
  for (let turns = 0; model.queues.list().length > 0; turns += 1) {
    expect(turns).toBeLessThan(200);
    const [ticket] = model.queues.list();
    const index = real.taken.findIndex(
      ({ lease }) => lease.holder.kind === 'account' && lease.holder.accountId === ticket?.account,
    );
    const [gone] = real.taken.splice(index, index < 0 ? 0 : 1);
    if (!gone) throw new Error('somebody waits for an account that nobody holds');
    nodeAt(real, 0).release([gone.lease]);
    model.release(gone.take);
    await settle.run(model, real);
  }
}

export const SETTLE = command('settle', async (_, real) => flushNodes(real));

/** null = does not wait. */
export const waits = fc.option(
  fc.record({
    stickyMax: fc.constantFrom(0, 1, 3),
    max: fc.constantFrom(0, 1, 9),
    stickyTimeoutMs: fc.constant(600_000),
    timeoutMs: fc.constant(600_000),
  }),
);
