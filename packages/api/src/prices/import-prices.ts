import { planLiteLlmImport, putPrices, type ImportPlan, type PriceBook } from '@tollgate/pricing';
import { z } from 'zod';
import { adminProcedure } from '../base/procedures.ts';
import { runChange } from '../change/run-change.ts';
import { buildProblem } from '../problems/problem.ts';
import { loadPricesInForce } from './load-prices.ts';
import { changeFields, differenceSchema, effectiveFromField } from './price-schemas.ts';
import { putPricesInForce } from './put-prices-in-force.ts';

const FILE_CHARACTERS_MAX = 8_000_000;
/** Names that are shown of those that were skipped for one reason. */
const NAMES_MAX = 20;

const inputSchema = z.strictObject({
  /** The text of LiteLLM's `model_prices_and_context_window.json`. */
  file: z.string().max(FILE_CHARACTERS_MAX),
  /** First moment in force of what is new; now when left out. */
  effectiveFrom: effectiveFromField.optional(),
  ...changeFields,
});

const outputSchema = z.strictObject({
  /** In force after the call. */
  version: z.string(),
  dryRun: z.boolean(),
  effectiveFrom: z.string(),
  /** New and changed models. */
  models: z.array(
    z.strictObject({
      model: z.string(),
      change: z.enum(['new', 'changed']),
      differences: z.array(differenceSchema),
      notes: z.array(z.string()),
    }),
  ),
  /** Models whose price is the present one. */
  unchanged: z.int(),
  skipped: z.array(z.strictObject({ reason: z.string(), count: z.int(), names: z.array(z.string()) })),
  /** Fields about costs that mean nothing here, and in how many models. */
  ignoredFields: z.array(z.strictObject({ field: z.string(), models: z.int() })),
});

/** Puts LiteLLM's prices over the present ones, or says what that would do. */
export const importPrices = adminProcedure
  .input(inputSchema)
  .output(outputSchema)
  .mutation(({ ctx, input: { file, dryRun, note, ...input } }) => {
    const actor = ctx.admin.id;
    return runChange({ services: ctx.services, actor }, async (change) => {
      const { book, layer } = await loadPricesInForce(change.tx);
      const effectiveFrom = input.effectiveFrom ?? change.now.toISOString();
      const plan = planImport(file, book, effectiveFrom);
      const report = { dryRun, effectiveFrom, ...describePlan(plan) };
      if (dryRun || plan.entries.length === 0) return { version: book.version, ...report };
      const models = plan.entries.map(({ model }) => model);
      change.audit('price.import', effectiveFrom, { models, skipped: plan.skipped.length });
      const next = putPrices(layer, plan.entries);
      return {
        version: await putPricesInForce(change, { layer: next, source: 'import', note, actor }),
        ...report,
      };
    });
  });

function planImport(file: string, book: PriceBook, effectiveFrom: string): ImportPlan {
  try {
    return planLiteLlmImport(file, book, effectiveFrom);
  } catch (fault) {
    if (fault instanceof RangeError) throw buildProblem('invalid', 'file', fault.message);
    throw fault;
  }
}

function describePlan({ models, skipped, ignoredFields }: ImportPlan) {
  return {
    models: models.flatMap(({ change, ...model }) => (change === 'same' ? [] : [{ ...model, change }])),
    unchanged: models.filter(({ change }) => change === 'same').length,
    skipped: groupByReason(skipped),
    ignoredFields: [...ignoredFields].map(([field, count]) => ({ field, models: count })),
  };
}

/** Most of the file are other providers' models: a line for each would hide the rest. */
function groupByReason(skipped: ImportPlan['skipped']) {
  const groups = Map.groupBy(skipped, ({ reason }) => reason);
  return [...groups]
    .map(([reason, entries]) => ({
      reason,
      count: entries.length,
      names: entries.slice(0, NAMES_MAX).map(({ name }) => name.slice(0, 200)),
    }))
    .toSorted((a, b) => b.count - a.count);
}
