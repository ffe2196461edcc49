import { ZERO_USD, type PicoUsd } from '@tollgate/core';
import type { AdmitResult, Hold, Store } from '@tollgate/store';
import { overrideStore } from './override-store.ts';

/** Every hold that the store has given out, and how it was settled. */
export class WatchedHolds {
  readonly given: Hold[] = [];
  readonly settled: { hold: Hold; cost: PicoUsd }[] = [];

  note(hold: Hold | null): void {
    if (hold !== null) this.given.push(hold);
  }

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
  const watched = overrideStore(store, {
    async admit(request) {
      const result: AdmitResult = await store.admit(request);
      if (result.admitted) holds.note(result.hold);
      else if (result.reason === 'queued') return { ...result, ticket: watchTicket(result.ticket, holds) };
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

/** A ticket that is cancelled before its grant was heard of never held; one that is cancelled after it gives all back. */
function watchTicket(ticket: Ticket, holds: WatchedHolds): Ticket {
  let hold: Hold | null = null;
  let isCancelled = false;
  const outcome = ticket.outcome.then((result) => {
    if (result.kind === 'granted' && !isCancelled) {
      hold = result.hold;
      holds.note(hold);
    }
    return result;
  });
  return {
    id: ticket.id,
    outcome,
    cancel() {
      if (hold !== null && !isCancelled) holds.settled.push({ hold, cost: ZERO_USD });
      isCancelled = true;
      ticket.cancel();
    },
  };
}
