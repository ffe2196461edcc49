import type { PicoUsd } from '@tollgate/core';
import type { AdmitResult, Hold, Store } from '@tollgate/store';
import { overrideStore } from './override-store.ts';

/** Every hold that the store has given out, and how it was settled. */
export class WatchedHolds {
  readonly given: Hold[] = [];
  readonly settled: { hold: Hold; cost: PicoUsd }[] = [];

  /** Holds that were not settled exactly once. */
  listWrong(): Hold[] {
    return this.given.filter((hold) => this.settled.filter((each) => each.hold === hold).length !== 1);
  }

  get billed(): bigint {
    return this.settled.reduce((sum, { cost }) => sum + cost, 0n);
  }
}

/** The store as it is, and what is held through it. */
export function watchHolds(store: Store): { store: Store; holds: WatchedHolds } {
  const holds = new WatchedHolds();
  const note = (hold: Hold | null) => {
    if (hold !== null) holds.given.push(hold);
  };
  const watched = overrideStore(store, {
    async admit(request) {
      const result: AdmitResult = await store.admit(request);
      if (result.admitted) note(result.hold);
      else if (result.reason === 'queued') return { ...result, ticket: watchTicket(result.ticket, note) };
      return result;
    },
    settleHold(hold, cost) {
      holds.settled.push({ hold, cost });
      store.settleHold(hold, cost);
    },
  });
  return { store: watched, holds };
}

type Ticket = Extract<AdmitResult, { reason: 'queued' }>['ticket'];

/** A grant that is given back by its ticket was never held by the request. */
function watchTicket(ticket: Ticket, note: (hold: Hold | null) => void): Ticket {
  let isCancelled = false;
  const outcome = ticket.outcome.then((result) => {
    if (result.kind === 'granted' && !isCancelled) note(result.hold);
    return result;
  });
  return {
    id: ticket.id,
    outcome,
    cancel() {
      isCancelled = true;
      ticket.cancel();
    },
  };
}
