import { formatUsd, picoUsd } from '@tollgate/core';
import { parsePriceEntry } from './parse-price.ts';
import { IMAGE_SIZES, TOKEN_CLASSES, type PriceEntry, type TokenPrices } from './price-entry.ts';

const TOKENS_PER_PRICE = 1_000_000n;

/** One figure of a price that is not what it was. USD (per million tokens, per piece), or tokens; null = none. */
export interface Difference {
  field: string;
  from: string | null;
  to: string | null;
}

/** What differs between two prices in effect: a class that is left out counts as what it costs. */
export function compareEntries(before: PriceEntry | null, after: PriceEntry): Difference[] {
  const old = before === null ? new Map<string, string>() : listFigures(before);
  const figures = listFigures(after);
  return [...new Set([...old.keys(), ...figures.keys()])].flatMap((field) => {
    const from = old.get(field) ?? null;
    const to = figures.get(field) ?? null;
    return from === to ? [] : [{ field, from, to }];
  });
}

/** Every figure of a price under its name, e.g. `input` → `3`, `over 200000: output` → `22.5`. */
function listFigures(entry: PriceEntry): Map<string, string> {
  const { prices, longPrompts, webSearch, images } = parsePriceEntry(entry);
  const figures = listTokenFigures('', prices);
  for (const tier of longPrompts) figures.push(...listTokenFigures(`over ${tier.overTokens}: `, tier.prices));
  if (webSearch !== null) figures.push(['webSearch', formatUsd(picoUsd(webSearch))]);
  for (const size of IMAGE_SIZES) {
    const price = images[size];
    if (price !== null) figures.push([`image ${size}`, formatUsd(picoUsd(price))]);
  }
  for (const field of ['contextTokens', 'maxOutputTokens'] as const) {
    const limit = entry[field];
    if (limit !== undefined) figures.push([field, String(limit)]);
  }
  return new Map(figures);
}

function listTokenFigures(prefix: string, prices: TokenPrices): [string, string][] {
  return TOKEN_CLASSES.map((tokenClass) => [
    prefix + tokenClass,
    formatUsd(picoUsd(prices[tokenClass] * TOKENS_PER_PRICE)),
  ]);
}
