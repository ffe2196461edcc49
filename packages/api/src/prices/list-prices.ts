import { PLATFORMS } from '@tollgate/core';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { buildPage, buildPageSchema, pageFields } from '../fields/page-fields.ts';
import { instantField } from '../fields/text-fields.ts';
import { loadPricesInForce, loadPriceVersion } from './load-prices.ts';
import { priceOutputSchema } from './price-schemas.ts';

const inputSchema = z.strictObject({
  ...pageFields,
  platform: z.enum(PLATFORMS).optional(),
  /** Part of the model's name. */
  search: z.string().max(200).optional(),
  /** Prices at this moment; now when left out. */
  at: instantField.optional(),
  /** The book in force when left out. */
  version: z.string().max(100).optional(),
});

const outputSchema = buildPageSchema(priceOutputSchema).extend({ version: z.string() });

/** One price a model, by name. */
export const listPrices = adminProcedure
  .input(inputSchema.prefault({}))
  .output(outputSchema)
  .query(async ({ ctx, input }) => {
    const { db, clock } = ctx.services;
    const { version, platform, search = '', cursor, limit } = input;
    const book =
      version === undefined ? (await loadPricesInForce(db)).book : await loadPriceVersion(db, version);
    const atMs = input.at === undefined ? clock.nowMs() : Date.parse(input.at);
    const entries = [...new Set(book.entries.map(({ model }) => model))]
      .filter((model) => model.includes(search) && (!cursor || model > cursor))
      .toSorted()
      .flatMap((model) => {
        const price = book.findPrice(model, atMs);
        return price?.model === model ? [price.entry] : [];
      })
      .filter((entry) => platform === undefined || entry.platform === platform);
    const page = buildPage(
      entries.slice(0, limit + 1),
      limit,
      (entry) => priceOutputSchema.parse(entry),
      ({ model }) => model,
    );
    return { ...page, version: book.version };
  });
