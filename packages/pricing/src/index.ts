export { buildPriceVersion, builtInPriceBook } from './built-in-price-book.ts';
export { createPriceBook, type CostResult, type PriceBook } from './price-book.ts';
export type { ModelPrice, PriceEntry, TokenPrices, TokenPriceText } from './price-entry.ts';
