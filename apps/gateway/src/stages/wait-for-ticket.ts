import type { Ticket, TicketOutcome } from '@tollgate/store';
import type { RequestContext } from '../request-context.ts';

/** REQ-7: a client that leaves frees its place in the queue at once. */
export async function waitForTicket(context: RequestContext, ticket: Ticket): Promise<TicketOutcome> {
  context.onClientLeft = () => ticket.cancel();
  try {
    return await ticket.outcome;
  } finally {
    context.onClientLeft = null;
  }
}
