import { parseUsd, ZERO_USD } from '@tollgate/core';
import type { Hold, Store } from '@tollgate/store';
import { USER_ID } from './build-snapshots.ts';

/** The user's balance in the store, if it is known there, is so many USD less. */
export function spend(store: Store, usd: string): void {
  const hold: Hold = {
    id: 'lse_elsewhere' as Hold['id'],
    userId: USER_ID,
    amount: ZERO_USD,
    purses: [{ kind: 'balance', userId: USER_ID }],
    keptBy: 'nothing',
  };
  store.settleHold(hold, parseUsd(usd));
}
