import { picoUsd, ZERO_USD, type PicoUsd } from '@tollgate/core';
import type { Hold, Store } from '@tollgate/store';

/** An upstream may report any number of tokens; figures of the store are 64 bits wide. One million USD. */
const COST_MAX = picoUsd(10n ** 18n);

/**
 * What one request holds of its payers' money, and what has been billed to them: the one place that settles. A hold
 * that was taken is settled exactly once, with the sum of what was billed while it was there.
 */
export class RequestMoney {
  #hold: Hold | null = null;
  #billed: PicoUsd = ZERO_USD;

  /** From now on this hold is paid from; null = money is not checked. The one before must be settled. */
  take(hold: Hold | null): void {
    if (this.#hold !== null) throw new Error('a request holds money of one kind at a time');
    this.#hold = hold;
    this.#billed = ZERO_USD;
  }

  /** An attempt has been closed with this actual cost. */
  bill(cost: PicoUsd): void {
    this.#billed = picoUsd(this.#billed + cost);
  }

  /** The payers are done with the request, or another one pays from here on (SEL-6). Idempotent. */
  settle(store: Pick<Store, 'settleHold'>): void {
    const hold = this.#hold;
    if (hold === null) return;
    this.#hold = null;
    store.settleHold(hold, this.#billed > COST_MAX ? COST_MAX : this.#billed);
  }
}
