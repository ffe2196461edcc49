import { builtInPriceBook, compareEntries, mergePrices, putPrices, type PriceEntry } from '@tollgate/pricing';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadPricesInForce, type PricesInForce } from './load-prices.ts';
import {
  buildEntry,
  changeFields,
  differenceSchema,
  effectiveFromField,
  priceFields,
} from './price-schemas.ts';
import { checkBook, putPricesInForce } from './put-prices-in-force.ts';

const inputSchema = z.strictObject({
  ...priceFields,
  /** First moment in force; now when left out. In the past it prices what is settled from now on. */
  effectiveFrom: effectiveFromField.optional(),
  ...changeFields,
});

const outputSchema = z.strictObject({
  /** In force after the call. */
  version: z.string(),
  dryRun: z.boolean(),
  effectiveFrom: z.string(),
  /** To the price in force at that moment. */
  differences: z.array(differenceSchema),
});

/** The whole price of one model from one moment on, over what the built-in list says. */
export const setPrice = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(({ ctx, input: { dryRun, note, ...fields } }) => {
    const actor = ctx.admin.id;
    return runChange({ services: ctx.services, actor }, async (change) => {
      const present = await loadPricesInForce(change.tx);
      const effectiveFrom = fields.effectiveFrom ?? change.now.toISOString();
      const entry = { ...buildEntry(fields), effectiveFrom };
      const differences = compareWithPresent(present, entry);
      const layer = putPrices(present.layer, [entry]);
      checkBook(mergePrices(builtInPriceBook.entries, layer), 'checked');
      const { version } = present.book;
      if (dryRun) return { version, dryRun, effectiveFrom, differences };
      change.audit('price.set', entry.model, { ...entry });
      return {
        version: await putPricesInForce(change, { layer, source: 'manual', note, actor }),
        dryRun,
        effectiveFrom,
        differences,
      };
    });
  });

function compareWithPresent({ book }: PricesInForce, entry: PriceEntry & { effectiveFrom: string }) {
  const owner = book.findOwner(entry.model);
  if (owner !== null && owner !== entry.model) {
    throw buildProblem('conflict', 'model', `is another name of ${owner}`);
  }
  try {
    const price = book.findPrice(entry.model, Date.parse(entry.effectiveFrom));
    return compareEntries(price?.model === entry.model ? price.entry : null, entry);
  } catch (fault) {
    if (fault instanceof RangeError) throw buildProblem('invalid', 'prices', fault.message);
    throw fault;
  }
}
