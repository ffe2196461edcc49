import { builtInPriceBook } from '@tollgate/pricing';
import { runChange, type Actor } from '../change/run-change.ts';
import { describeFault } from '../problems/map-fault.ts';
import { loadPricesInForce, type PricesInForce } from './load-prices.ts';
import { putPricesInForce } from './put-prices-in-force.ts';

/**
 * At the start of a control plane: stores the program's own list, so that usage priced with it can be rated again
 * when the program has another, and lays the operators' prices over it. Never rejects: nodes go on with what is in
 * force, or with their own list.
 */
export async function installPrices(actor: Actor): Promise<void> {
  const { db, logger } = actor.services;
  try {
    if (isUpToDate(await loadPricesInForce(db))) return;
    await runChange(actor, async (change) => {
      const present = await loadPricesInForce(change.tx);
      if (isUpToDate(present)) return;
      await putPricesInForce(change, {
        layer: present.layer,
        source: 'built-in',
        note: `list of the program: ${builtInPriceBook.version}`,
        actor: actor.actor,
      });
    });
  } catch (fault) {
    logger.error(describeFault(fault), 'the built-in prices could not be put in force');
  }
}

/** Also where a newer program has been here: of two that run at once the older one leaves the list alone. */
function isUpToDate({ isStored, builtIn }: PricesInForce): boolean {
  const { version } = builtInPriceBook;
  return isStored && (builtIn === version || readDay(builtIn) > readDay(version));
}

/** `builtin-2026-11-21-0123abcd` → `2026-11-21` */
function readDay(version: string): string {
  return version.slice('builtin-'.length, 'builtin-2026-11-21'.length);
}
