import type { LeaseId } from '@tollgate/core';
import type { KeptLease } from './lease-ops.ts';
import type { LeaseHolder } from './keys.ts';

/** A lease that this process has asked for, and keeps alive once it is granted. */
export class HeldLease<Holder extends LeaseHolder = LeaseHolder> implements KeptLease {
  readonly id: LeaseId;
  readonly holder: Holder;
  #place = -1;

  constructor(id: LeaseId, holder: Holder) {
    this.id = id;
    this.holder = holder;
  }

  /** In LiveLeases; -1 = it is not there. Not for callers, who see two fields. */
  get place(): number {
    return this.#place;
  }

  set place(place: number) {
    this.#place = place;
  }
}
