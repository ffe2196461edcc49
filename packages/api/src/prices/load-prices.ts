import { schema, type Database, type Transaction } from '@tollgate/db';
import {
  builtInPriceBook,
  createPriceBook,
  decodePrices,
  type PriceBook,
  type PriceEntry,
} from '@tollgate/pricing';
import { eq } from 'drizzle-orm';
import { buildProblem } from '../problems/problem.ts';

const { priceBook, priceVersions } = schema;

export interface PricesInForce {
  book: PriceBook;
  /** What operators have put over the built-in list. */
  layer: PriceEntry[];
  /** Version of the built-in list below. */
  builtIn: string;
  isStored: boolean;
}

/** The book that nodes price with; the program's own while none is stored. */
export async function loadPricesInForce(db: Database | Transaction): Promise<PricesInForce> {
  const [row] = await db
    .select({ stored: priceVersions })
    .from(priceBook)
    .innerJoin(priceVersions, eq(priceVersions.version, priceBook.version));
  if (!row) {
    return { book: builtInPriceBook, layer: [], builtIn: builtInPriceBook.version, isStored: false };
  }
  const { version, prices, layer, builtIn } = row.stored;
  return {
    book: createPriceBook(decodePrices(prices), version),
    layer: decodePrices(layer),
    builtIn,
    isStored: true,
  };
}

/** Any version that was ever in force. Throws a ProblemError (not found) under the name of the field `version`. */
export async function loadPriceVersion(db: Database | Transaction, version: string): Promise<PriceBook> {
  const [row] = await db.select().from(priceVersions).where(eq(priceVersions.version, version));
  if (row) return createPriceBook(decodePrices(row.prices), row.version);
  if (version === builtInPriceBook.version) return builtInPriceBook;
  throw buildProblem('not-found', 'version', 'no such price version');
}
