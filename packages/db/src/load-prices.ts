import type { PriceSource } from '@tollgate/core';
import { eq } from 'drizzle-orm';
import type { Database } from './open-database.ts';
import { priceBook, priceVersions } from './schema/index.ts';

/** The price books as the control plane stored them (MON-2). */
export function createPriceSource(db: Database): PriceSource {
  return {
    async loadVersionInForce() {
      const [row] = await db.select({ version: priceBook.version }).from(priceBook);
      return row?.version ?? null;
    },
    async loadPrices(version) {
      const [row] = await db
        .select({ prices: priceVersions.prices })
        .from(priceVersions)
        .where(eq(priceVersions.version, version));
      return row?.prices ?? null;
    },
  };
}
