import { setTimeout as sleep } from 'node:timers/promises';
import type * as fc from 'fast-check';
import { expect } from 'vitest';
import type { Lease, Store, Ticket, TicketOutcome } from '../port.ts';
import type { AccountModel } from './account-model.ts';
import type { ModelTicket } from './account-queues-model.ts';
import { accountHolder, flushAccounts, type Harness } from './harness.ts';

/** The store under test, and what its callers hold. */
export interface RealAccounts {
  harness: Harness;
  /** Leases with the number of their take, and the ticket that they were waited for with. */
  taken: { lease: Lease; take: number; place?: Place }[];
  /** Made with the first of them. */
  places?: Place[];
  dead?: Set<number>;
}

export interface Place {
  ticket: Ticket;
  twin: ModelTicket;
  kind: TicketOutcome['kind'] | 'waiting';
}

export type AccountCommand = fc.AsyncCommand<AccountModel, RealAccounts>;

export const ACCOUNT_NAMES = ['x', 'y', 'z'] as const;
/** Far longer than a message takes. */
const HEARD_WITHIN_MS = 5_000;

/** After each command all that the model has granted is granted, what it has lost is lost, and the rest waits. */
export const command = (
  text: string,
  run: (model: AccountModel, real: RealAccounts) => Promise<void>,
): AccountCommand => ({
  check: () => true,
  async run(model, real) {
    await run(model, real);
    await expectSamePlaces(model, real);
  },
  toString: () => text,
});

/** Node 0 is never killed, and speaks for those that were. */
export function mapNode({ dead }: RealAccounts, index: number): number {
  return dead?.has(index) ? 0 : index;
}

export function nodeAt(real: RealAccounts, index: number): Store {
  const { nodes } = real.harness;
  return nodes[mapNode(real, index)] ?? nodes[0];
}

/** What every node has to say is said. */
export async function flushNodes(real: RealAccounts): Promise<void> {
  for (const node of [0, 1, 2]) await flushAccounts(nodeAt(real, node));
}

export function keepPlace(real: RealAccounts, ticket: Ticket, twin: ModelTicket): Place {
  const place: Place = { ticket, twin, kind: 'waiting' };
  void ticket.outcome.then(({ kind }) => (place.kind = kind));
  (real.places ??= []).push(place);
  return place;
}

export function forgetPlace(real: RealAccounts, place: Place): void {
  real.places = real.places?.filter((other) => other !== place) ?? [];
}

async function expectSamePlaces(model: AccountModel, real: RealAccounts): Promise<void> {
  for (const place of real.places ?? []) {
    const { state, take } = place.twin;
    if (state === 'waiting') expect(place.kind).toBe('waiting');
    else {
      const late = sleep(HEARD_WITHIN_MS, null, { ref: false });
      const outcome = await Promise.race([place.ticket.outcome, late]);
      expect(outcome?.kind ?? 'a waiter is forgotten').toBe(state);
      forgetPlace(real, place);
      if (outcome?.kind === 'granted' && outcome.leases[0])
        real.taken.push({ lease: outcome.leases[0], take, place });
    }
  }
  await expectSameLoads(model, real);
}

async function expectSameLoads(model: AccountModel, real: RealAccounts): Promise<void> {
  const holders = ACCOUNT_NAMES.map(accountHolder);
  const expected = ACCOUNT_NAMES.map((name) => ({
    running: model.countLive(`acc_${name}`),
    waiting: model.queues.count(`acc_${name}`),
  }));
  expect(await nodeAt(real, 0).readLoad(holders)).toEqual(expected);
}
