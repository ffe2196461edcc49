import type { AccountId, LeaseId } from '@tollgate/core';
import type { AccountCandidate } from '../port.ts';
import type { SlotTable } from './slot-table.ts';
import { holderName } from '../admit-result.ts';

/** Chooses accounts: lowest priority number, then least recently taken, then first named. */
export class AccountSlots {
  readonly #slots: SlotTable;
  readonly #takenNumbers = new Map<AccountId, number>();
  #lastTaken = 0;

  constructor(slots: SlotTable) {
    this.#slots = slots;
  }

  /** The account that was taken, or null when all are full. */
  take(
    candidates: readonly AccountCandidate[],
    leaseId: LeaseId,
    nowMs: number,
    expiresAtMs: number,
  ): AccountId | null {
    for (const { accountId, max } of this.#sort(candidates)) {
      const holder = holderName({ kind: 'account', accountId });
      if (!this.#slots.hasFree(holder, max, nowMs)) continue;
      this.#slots.take(holder, leaseId, expiresAtMs);
      this.#takenNumbers.set(accountId, (this.#lastTaken += 1));
      return accountId;
    }
    return null;
  }

  #sort(candidates: readonly AccountCandidate[]): AccountCandidate[] {
    const taken = (candidate: AccountCandidate) => this.#takenNumbers.get(candidate.accountId) ?? 0;
    return candidates.toSorted((a, b) => a.priority - b.priority || taken(a) - taken(b));
  }
}
