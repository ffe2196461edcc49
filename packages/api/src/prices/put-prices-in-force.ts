import { schema } from '@tollgate/db';
import {
  builtInPriceBook,
  buildPriceVersion,
  createPriceBook,
  mergePrices,
  type PriceEntry,
} from '@tollgate/pricing';
import { eq } from 'drizzle-orm';
import type { Change } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';

const { priceBook, priceVersions } = schema;

export interface NewPrices {
  /** All that operators have put over the built-in list. */
  layer: readonly PriceEntry[];
  source: 'built-in' | 'import' | 'manual';
  note: string | undefined;
  actor: string;
}

/**
 * Stores the book that the layer makes over the built-in list, and puts it in force on every node. Gives its
 * version. Throws a ProblemError when the prices make no book.
 */
export async function putPricesInForce(
  change: Change,
  { layer, source, note, actor }: NewPrices,
): Promise<string> {
  const entries = mergePrices(builtInPriceBook.entries, layer);
  const day = change.now.toISOString().slice(0, 10);
  const version = layer.length === 0 ? builtInPriceBook.version : buildPriceVersion(`book-${day}`, entries);
  checkBook(entries, version);
  const prices = JSON.stringify(entries);
  await change.tx
    .insert(priceVersions)
    .values({
      version,
      source,
      prices,
      layer: JSON.stringify(layer),
      builtIn: builtInPriceBook.version,
      note,
      actor,
      createdAt: change.now,
    })
    .onConflictDoNothing();
  await refuseOtherPrices(change, version, prices);
  const now = { version, since: change.now };
  await change.tx
    .insert(priceBook)
    .values({ id: 'this', ...now })
    .onConflictDoUpdate({ target: priceBook.id, set: now });
  change.audit('price.in-force', version, { source, note });
  change.invalidate({ scope: 'price' });
  return version;
}

/** Throws a ProblemError when the entries make no book. */
export function checkBook(entries: readonly PriceEntry[], version: string): void {
  try {
    createPriceBook(entries, version);
  } catch (fault) {
    if (fault instanceof RangeError) throw buildProblem('invalid', '', fault.message);
    throw fault;
  }
}

/** A version's name is short: two books under one would make past bills unreadable. */
async function refuseOtherPrices(change: Change, version: string, prices: string): Promise<void> {
  const [row] = await change.tx.select().from(priceVersions).where(eq(priceVersions.version, version));
  if (row?.prices !== prices) throw new Error(`the price version ${version} is taken by other prices`);
}
