import { HeldLease } from './held-lease.ts';
import type { KeptLease } from './lease-ops.ts';

/**
 * The leases that this process keeps alive. Each knows its own place in the list: a map of them would be written and
 * searched several times for each request.
 */
export class LiveLeases {
  readonly #leases: (HeldLease | undefined)[] = [];
  readonly #free: number[] = [];

  /** Changes nothing for one that is there. */
  add(lease: HeldLease): void {
    if (lease.place !== -1) return;
    lease.place = this.#free.pop() ?? this.#leases.length;
    this.#leases[lease.place] = lease;
  }

  /** Changes nothing for one that is not there. A caller's copy is known by its id. */
  remove(lease: KeptLease): void {
    const own = lease instanceof HeldLease ? lease : this.#find(lease);
    if (own === undefined || own.place === -1) return;
    this.#leases[own.place] = undefined;
    this.#free.push(own.place);
    own.place = -1;
  }

  /** In no order. What is removed meanwhile is passed over; what is added meanwhile may be. */
  *list(): Generator<HeldLease> {
    for (let place = 0; place < this.#leases.length; place += 1) {
      const lease = this.#leases[place];
      if (lease !== undefined) yield lease;
    }
  }

  clear(): void {
    for (const lease of this.#leases) if (lease) lease.place = -1;
    this.#leases.length = 0;
    this.#free.length = 0;
  }

  #find({ id }: KeptLease): HeldLease | undefined {
    return this.#leases.find((lease) => lease?.id === id);
  }
}
