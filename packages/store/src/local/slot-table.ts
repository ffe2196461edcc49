import type { LeaseId } from '@tollgate/core';

/** Leases by holder, each with the moment at which it dies. Dead ones are removed when a holder looks full. */
export class SlotTable {
  readonly #holders = new Map<string, Map<LeaseId, number>>();

  hasFree(holder: string, max: number, nowMs: number): boolean {
    const leases = this.#holders.get(holder);
    if (max <= 0 || !leases || leases.size < max) return true;
    removeDead(leases, nowMs);
    return leases.size < max;
  }

  take(holder: string, leaseId: LeaseId, expiresAtMs: number): void {
    const leases = this.#holders.get(holder);
    if (leases) leases.set(leaseId, expiresAtMs);
    else this.#holders.set(holder, new Map([[leaseId, expiresAtMs]]));
  }

  release(holder: string, leaseId: LeaseId): void {
    const leases = this.#holders.get(holder);
    if (leases?.delete(leaseId) && leases.size === 0) this.#holders.delete(holder);
  }

  count(holder: string, nowMs: number): number {
    let live = 0;
    for (const expiresAtMs of this.#holders.get(holder)?.values() ?? []) if (expiresAtMs > nowMs) live += 1;
    return live;
  }

  isLive(holder: string, leaseId: LeaseId, nowMs: number): boolean {
    return (this.#holders.get(holder)?.get(leaseId) ?? 0) > nowMs;
  }

  /** The heartbeat: every lease that is still there lives on. */
  renewAll(expiresAtMs: number): void {
    for (const leases of this.#holders.values()) {
      for (const id of leases.keys()) leases.set(id, expiresAtMs);
    }
  }
}

function removeDead(leases: Map<LeaseId, number>, nowMs: number): void {
  for (const [id, expiresAtMs] of leases) if (expiresAtMs <= nowMs) leases.delete(id);
}
