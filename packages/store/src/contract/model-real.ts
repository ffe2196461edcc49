import { setTimeout as sleep } from 'node:timers/promises';
import type * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Hold, PurseName } from '../money-port.ts';
import type {
  AdmitRequest,
  AdmitResult,
  Counted,
  Lease,
  Reservation,
  Store,
  Ticket,
  TicketOutcome,
} from '../port.ts';
import {
  accountHolder,
  balance,
  type Harness,
  keyHolder,
  keyPurse,
  subscriptionPurse,
  userHolder,
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

export type Command = fc.AsyncCommand<ReferenceModel, Real>;
export type NodeIndex = 0 | 1 | 2;

export const USERS = ['a', 'b'] as const;
/** Purses that a window, a quota and a balance stand for, of each user. */
export const PURSES: PurseName[] = USERS.flatMap((name) => [
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
export const command = (
  text: string,
  run: (model: ReferenceModel, real: Real) => Promise<void>,
): Command => ({
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
export function nodeOf(model: ReferenceModel, real: Real, node: NodeIndex): Store {
  return real.harness.nodes[model.dead.has(node) ? 0 : node];
}

export function expectCounted(
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

export function keepLeases(real: Real, model: readonly ModelLease[], leases: readonly Lease[]): void {
  for (const [index, lease] of leases.entries()) {
    const twin = model[index];
    if (twin) real.leases.set(twin, lease);
  }
}

export function keepHold(real: Real, model: ModelHold | null, hold: Hold | null): void {
  expect(hold === null).toBe(model === null);
  if (model && hold) real.holds.set(model, hold);
}

/** MON-4: what is spent and held is never more than there is, right after something was held. */
export function expectNotOverdrawn(model: ReferenceModel, { money }: AdmitRequest): void {
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

export async function expectSameTickets(model: ReferenceModel, real: Real): Promise<void> {
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

/** What every node has to say is said. */
export async function flush(model: ReferenceModel, real: Real): Promise<void> {
  for (const node of [0, 1, 2] as const) await nodeOf(model, real, node).countSlots(userHolder('a'));
}

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
