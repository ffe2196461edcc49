import type { AccountId, KeyId, LeaseId, UserId } from '@tollgate/core';
import type { Hold, MoneyRefusal } from './money-port.ts';

/** Whose parallel requests are counted. A key's slots live beside its user's (one hash tag). */
export type SlotHolder =
  | { kind: 'user'; userId: UserId }
  | { kind: 'key'; userId: UserId; keyId: KeyId }
  | { kind: 'account'; accountId: AccountId };

/** One unit of concurrency. Kept alive by the store's heartbeat until it is released. */
export interface Lease {
  readonly id: LeaseId;
  readonly holder: SlotHolder;
}

/**
 * A place in a queue. The store's heartbeat keeps it until it is granted or left. A slot that comes free is taken
 * for the first in order in the same step, on whichever node that waits: two waiters never race for one.
 */
export interface Ticket {
  readonly id: LeaseId;
  /** Of a ticket for an account's slot. */
  readonly accountId?: AccountId;
  /** Resolves once; never rejects. */
  readonly outcome: Promise<TicketOutcome>;
  /**
   * The caller leaves: frees the place at once, or gives the leases of a grant back that has come already.
   * Idempotent; never throws.
   */
  cancel(): void;
}

export type TicketOutcome =
  /** The leases are held and renewed from here on. */
  | { kind: 'granted'; leases: Lease[]; hold: Hold | null; waitedMs: number }
  /** Others have spent what it waited for. */
  | { kind: 'money'; refusal: MoneyRefusal }
  /** Its time limit is over. */
  | { kind: 'timeout' }
  /** The store was lost, or lost the place. */
  | { kind: 'lost' }
  | { kind: 'cancelled' };
