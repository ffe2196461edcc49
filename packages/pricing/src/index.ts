export { buildPriceVersion, builtInPriceBook } from './built-in-price-book.ts';
export { decodePrices } from './decode-prices.ts';
export { compareEntries, type Difference } from './list-figures.ts';
export { planLiteLlmImport, type ImportedModel, type ImportPlan } from './lite-llm/plan-import.ts';
export { mergePrices, putPrices } from './merge-prices.ts';
export { parseEffectiveFrom } from './parse-effective-from.ts';
export { createPriceBook, type CostResult, type PriceBook } from './price-book.ts';
export type {
  ImagePrices,
  LongPromptText,
  ModelPrice,
  PriceEntry,
  TokenPrices,
  TokenPriceText,
} from './price-entry.ts';
export { selectModelNames } from './select-model-names.ts';
