import type { Ticket, TicketOutcome } from '@tollgate/store';
import { describe, expect, it } from 'vitest';
import { buildContext } from '../testing/build-context.ts';
import { waitForTicket } from './wait-for-ticket.ts';

const GRANTED: TicketOutcome = { kind: 'granted', leases: [], hold: null, waitedMs: 1 };

/** Ends when the test says so; a cancel comes after a grant that has come already. */
function setUp() {
  const { promise, resolve } = Promise.withResolvers<TicketOutcome>();
  let cancels = 0;
  const ticket: Ticket = {
    id: 'lse_1' as never,
    outcome: promise,
    cancel() {
      cancels += 1;
      resolve({ kind: 'cancelled' });
    },
  };
  return { ...buildContext(), ticket, end: resolve, countCancels: () => cancels };
}

describe('wait-for-ticket', () => {
  it.each<TicketOutcome>([GRANTED, { kind: 'timeout' }, { kind: 'lost' }])(
    '[LIM-5] passes on what became of it: %j, and hears of the client no more',
    async (outcome) => {
      const { context, writer, ticket, end, countCancels } = setUp();
      const waiting = waitForTicket(context, ticket);
      end(outcome);
      expect(await waiting).toEqual(outcome);
      writer.leave();
      expect(countCancels()).toBe(0);
    },
  );

  it('[REQ-7] a client that leaves frees its place', async () => {
    const { context, writer, ticket } = setUp();
    const waiting = waitForTicket(context, ticket);
    writer.leave();
    expect(await waiting).toEqual({ kind: 'cancelled' });
  });

  it('[REQ-7] a client that left before frees it at once', async () => {
    const { context, writer, ticket, countCancels } = setUp();
    writer.leave();
    expect(await waitForTicket(context, ticket)).toEqual({ kind: 'cancelled' });
    expect(countCancels()).toBe(1);
  });

  it.each(['before', 'in the same turn'])('[REQ-7] a grant that came %s is none', async (when) => {
    const { context, writer, ticket, end } = setUp();
    end(GRANTED);
    if (when === 'before') writer.leave();
    const waiting = waitForTicket(context, ticket);
    writer.leave();
    expect(await waiting).toEqual({ kind: 'cancelled' });
  });
});
