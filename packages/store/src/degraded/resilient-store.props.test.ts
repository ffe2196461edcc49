import * as fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  accountHolder,
  askAccounts,
  askRpm,
  askSlot,
  candidate,
  TEST_TIMINGS,
  userHolder,
} from '../contract/harness.ts';
import { accountId, requests, userId } from '../contract/harness.ts';
import type { Lease, Ticket } from '../port.ts';
import { PROBE_MS, setUpResilient } from './testing/switchable-store.ts';

const USERS = ['a', 'b'];
const LIMIT = 7;
const NODES = 3;
const SHARE = 2;
const RPM_LIMIT = 12;
const RPM_SHARE = 4;
const TIMINGS = { ...TEST_TIMINGS, windowMs: 60_000 };
const QUEUE = { max: 9, timeoutMs: 600_000 };

type Step =
  | { do: 'admit'; user: string }
  | { do: 'wait'; user: string }
  | { do: 'count'; user: string }
  | { do: 'take' | 'flip' | 'look' }
  | { do: 'release' | 'cancel'; which: number };

const user = fc.constantFrom(...USERS);
const which = fc.nat({ max: 20 });
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('admit', 'wait', 'count'), user }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constantFrom('take', 'flip', 'look') }) },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('release', 'cancel'), which }) },
);

/** One node with a primary that comes and goes: what is held, and what both stores count. */
class Run {
  readonly parts = setUpResilient('local', NODES, TIMINGS);
  readonly held: Lease[] = [];
  readonly tickets: Ticket[] = [];

  async play(next: Step): Promise<void> {
    const { store, state } = this.parts;
    if (next.do === 'flip') state.isGone = !state.isGone;
    else if (next.do === 'look') await vi.advanceTimersByTimeAsync(PROBE_MS);
    else if (next.do === 'count') await store.admit(askRpm(next.user, RPM_LIMIT));
    else if (next.do === 'take') await this.#take();
    else if (next.do === 'release') store.release(this.held.splice(next.which % (this.held.length + 1), 1));
    else if (next.do === 'cancel')
      this.tickets.splice(next.which % (this.tickets.length + 1), 1)[0]?.cancel();
    else if ('user' in next) await this.#admit(next.user, next.do === 'wait');
    await vi.advanceTimersByTimeAsync(0);
  }

  /** Nobody waits any more, and all that is held is given back. */
  async end(): Promise<void> {
    for (const ticket of this.tickets) ticket.cancel();
    this.parts.store.release(this.held);
    await vi.advanceTimersByTimeAsync(0);
  }

  async #admit(name: string, waits: boolean): Promise<void> {
    const result = await this.parts.store.admit(askSlot(name, LIMIT, waits ? QUEUE : null));
    if (result.admitted) this.held.push(...result.leases);
    else if (result.reason === 'queued') this.#keep(result.ticket);
  }

  async #take(): Promise<void> {
    const result = await this.parts.store.takeAccount(askAccounts([candidate('x', LIMIT)]));
    if (result.taken) this.held.push(result.lease);
  }

  #keep(ticket: Ticket): void {
    this.tickets.push(ticket);
    void ticket.outcome.then((outcome) => {
      if (outcome.kind !== 'granted') return;
      // Granted: from here on it is a lease like any other.
      this.tickets.splice(this.tickets.indexOf(ticket), 1);
      this.held.push(...outcome.leases);
    });
  }
}

const HOLDERS = [...USERS.map(userHolder), accountHolder('x')];
const WINDOWS = USERS.map((name) => requests({ kind: 'user', userId: userId(name) }, RPM_LIMIT));

async function expectWithinShare({ parts, held }: Run): Promise<void> {
  for (const { running } of await parts.local.readLoad(HOLDERS)) expect(running).toBeLessThanOrEqual(SHARE);
  for (const { running } of await parts.primary.readLoad(HOLDERS)) expect(running).toBeLessThanOrEqual(LIMIT);
  for (const { used } of await parts.local.readWindows(WINDOWS)) expect(used).toBeLessThanOrEqual(RPM_SHARE);
  const counted = await Promise.all(
    [parts.local, parts.primary].flatMap((store) => HOLDERS.map((holder) => store.countSlots(holder))),
  );
  expect(counted.reduce((sum, count) => sum + count, 0)).toBe(held.length);
}

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

describe('[LIM-11] a primary that comes and goes', () => {
  it('at no time more than the share is held here, and every lease goes back where it came from', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), async (steps) => {
        const run = new Run();
        for (const one of steps) {
          await run.play(one);
          await expectWithinShare(run);
        }
        await run.end();
        const loads = await Promise.all(
          [run.parts.local, run.parts.primary].map((part) => part.readLoad(HOLDERS)),
        );
        expect(loads.flat().every(({ running, waiting }) => running === 0 && waiting === 0)).toBe(true);
        expect(await run.parts.local.countSessions([accountId('x')])).toEqual([0]);
        await run.parts.store.close();
      }),
      { numRuns: 200 },
    );
  }, 60_000);
});
