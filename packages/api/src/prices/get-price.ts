import { z } from 'zod';
import { selectModelNames } from '@tollgate/pricing';
import { adminProcedure } from '../base/procedures.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadPricesInForce, loadPriceVersion } from './load-prices.ts';
import { modelField, priceOutputSchema } from './price-schemas.ts';

const inputSchema = z.strictObject({
  /** Any name that clients or upstreams use. */
  model: modelField,
  /** The book in force when left out. */
  version: z.string().max(100).optional(),
});

const outputSchema = z.strictObject({
  version: z.string(),
  /** The model whose prices these are, by the rules of names. */
  model: z.string(),
  /** All its prices, in the order in which they come into force. */
  prices: z.array(priceOutputSchema),
});

/** All prices of the model that goes by a name. */
export const getPrice = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .query(async ({ ctx, input: { model: name, version } }) => {
    const { db } = ctx.services;
    const book =
      version === undefined ? (await loadPricesInForce(db)).book : await loadPriceVersion(db, version);
    const model = selectModelNames(name)
      .map((one) => book.findOwner(one))
      .find((owner) => owner !== null);
    if (model === undefined || model === null)
      throw buildProblem('not-found', 'model', 'this model has no price');
    const entries = book.entries.filter((entry) => entry.model === model);
    const prices = entries
      .toSorted((a, b) => ((a.effectiveFrom ?? '') < (b.effectiveFrom ?? '') ? -1 : 1))
      .map((entry) => priceOutputSchema.parse(entry));
    return { version: book.version, model, prices };
  });
