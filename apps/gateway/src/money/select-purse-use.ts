import { TollgateError, type LoadedPurses, type WindowUse } from '@tollgate/core';
import type { PurseName } from '@tollgate/store';

/**
 * What the books say of one purse; of the balance what there is, of a window what is spent. Throws `no_subscription`
 * where the snapshot still knows a subscription that is gone.
 */
export function selectPurseUse(purse: PurseName, loaded: LoadedPurses): WindowUse {
  if (purse.kind === 'balance') return { spent: loaded.balance, startMs: null };
  if (purse.kind === 'key') return loaded.key[purse.window];
  if (loaded.subscription === null) throw new TollgateError('no_subscription');
  return loaded.subscription[purse.window];
}
