import type { Lease, Reservation, Ticket } from '../port.ts';
import type { SessionRegistration } from '../account-port.ts';

type Held = Lease | Reservation | SessionRegistration;

const NONE: readonly never[] = [];

/** Knows what was taken from the node-local store: it goes back there, whatever became of the primary. */
export class LocalMarks {
  readonly #held = new WeakSet<Held>();
  /** Most processes never have to do without the primary: they look nothing up. */
  #hasSome = false;

  add(held: readonly Held[]): void {
    if (held.length > 0) this.#hasSome = true;
    for (const item of held) this.#held.add(item);
  }

  has(item: Held): boolean {
    return this.#hasSome && this.#held.has(item);
  }

  /** Those of the items that were. */
  listLocal<Item extends Held>(items: readonly Item[]): readonly Item[] {
    return this.#hasSome ? items.filter((item) => this.#held.has(item)) : NONE;
  }

  /** The others. */
  listOthers<Item extends Held>(items: readonly Item[]): readonly Item[] {
    return this.#hasSome ? items.filter((item) => !this.#held.has(item)) : items;
  }

  /** The same ticket, whose leases are known as soon as it is granted. */
  wrap(ticket: Ticket): Ticket {
    const outcome = ticket.outcome.then((ended) => {
      if (ended.kind === 'granted') this.add(ended.leases);
      return ended;
    });
    const { id, accountId } = ticket;
    return { id, ...(accountId === undefined ? {} : { accountId }), outcome, cancel: () => ticket.cancel() };
  }
}
