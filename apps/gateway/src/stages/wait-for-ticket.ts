import type { Ticket, TicketOutcome } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';

/**
 * REQ-7: a client that leaves frees its place in the queue at once. A grant that came just before is given back
 * with all that was counted, so it is none.
 */
export async function waitForTicket(context: RequestContext, ticket: Ticket): Promise<TicketOutcome> {
  let isCancelled = false;
  context.clientListener = {
    clientLeft() {
      isCancelled = true;
      ticket.cancel();
    },
  };
  try {
    const outcome = await ticket.outcome;
    return isCancelled ? { kind: 'cancelled' } : outcome;
  } finally {
    context.clientListener = null;
  }
}
