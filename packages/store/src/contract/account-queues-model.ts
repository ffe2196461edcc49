export interface ModelTicket {
  /** As a take's: of the ticket, and of the lease that it is granted. */
  take: number;
  account: string;
  /** What it would ask the account for. */
  model: string;
  user: string;
  weight: number;
  node: number;
  place: number;
  state: 'waiting' | 'granted' | 'lost';
}

interface ModelQueue {
  waiting: ModelTicket[];
  max: number;
  lastGranted: number;
  lastPlaces: Map<string, number>;
}

const SPAN = 1_000_000;

/** Who waits for which account, in start-time fair order. A queue is forgotten with its last ticket. */
export class AccountQueuesModel {
  #queues = new Map<string, ModelQueue>();

  count(account: string): number {
    return this.#queues.get(account)?.waiting.length ?? 0;
  }

  /** All who wait, or those at one account; in order. */
  list(account?: string): ModelTicket[] {
    const queues = account === undefined ? [...this.#queues.values()] : [this.#queues.get(account)];
    return queues.flatMap((queue) => queue?.waiting ?? []);
  }

  readMax(account: string): number {
    return this.#queues.get(account)?.max ?? 0;
  }

  /** The newest request's maximum counts for all who wait. */
  noteMax(account: string, max: number): void {
    const queue = this.#queues.get(account);
    if (queue) queue.max = max;
  }

  enter(parts: Omit<ModelTicket, 'place' | 'state'>, max: number): ModelTicket {
    const queue = this.#queues.get(parts.account) ?? {
      waiting: [],
      max,
      lastGranted: 0,
      lastPlaces: new Map<string, number>(),
    };
    this.#queues.set(parts.account, queue);
    const from = Math.max(queue.lastGranted, queue.lastPlaces.get(parts.user) ?? 0);
    const ticket: ModelTicket = {
      ...parts,
      place: from + Math.floor(SPAN / parts.weight),
      state: 'waiting',
    };
    queue.max = max;
    queue.lastPlaces.set(parts.user, ticket.place);
    queue.waiting = [...queue.waiting, ticket].toSorted((a, b) => a.place - b.place || a.take - b.take);
    return ticket;
  }

  leave(ticket: ModelTicket): void {
    const queue = this.#queues.get(ticket.account);
    if (!queue) return;
    queue.waiting = queue.waiting.filter((other) => other !== ticket);
    if (queue.waiting.length === 0) this.#queues.delete(ticket.account);
  }

  lose(ticket: ModelTicket): void {
    ticket.state = 'lost';
    this.leave(ticket);
  }

  /** Takes the first in order out; null = nobody waits. */
  grantNext(account: string): ModelTicket | null {
    const queue = this.#queues.get(account);
    const ticket = queue?.waiting[0];
    if (!queue || !ticket) return null;
    queue.lastGranted = Math.max(queue.lastGranted, ticket.place);
    if (queue.lastPlaces.get(ticket.user) === ticket.place) queue.lastPlaces.delete(ticket.user);
    ticket.state = 'granted';
    this.leave(ticket);
    return ticket;
  }
}
