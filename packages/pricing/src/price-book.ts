import type { MeteredUsage, PicoUsd, Platform } from '@tollgate/core';
import { computeRequestHold } from './compute-hold.ts';
import { computePartCost } from './part-cost.ts';
import type { ImagePrices, ModelPrice, PriceEntry } from './price-entry.ts';
import { PriceHistory } from './price-history.ts';

/**
 * `unpricedParts`: what was used but could not be priced beside the model itself, e.g. an advisor's model or
 * `web_search` of a model without a search price. Not empty = raise the alarm; the rest is charged.
 */
export type CostResult =
  | { isPriced: true; standardCost: PicoUsd; priceVersion: string; unpricedParts: string[] }
  | { isPriced: false; unpriced: string };

export interface PriceBook {
  /** Goes into each usage row that was priced with this book. */
  readonly version: string;
  /** What the book is made of. */
  readonly entries: readonly PriceEntry[];
  /** The price in force at a moment (ms since 1970 UTC); null = unknown, which is never 0. */
  findPrice(model: string, atMs: number): ModelPrice | null;
  /** The model that goes by exactly this name, itself or by an alias; null = none does. */
  findOwner(name: string): string | null;
  /** The longest answer that the model can give, in tokens; null = unknown. */
  findMaxOutput(model: string): number | null;
  /** Prompt and answer together, in tokens; null = unknown. */
  findContext(model: string): number | null;
  /** The models that a platform sells, in the book's order: the default of `/v1/models`. */
  listModels(platform: Platform): string[];
  /**
   * The standard cost: Σ tokens × price, in whole pico-USD, no rounding. `model`: the upstream's name. Extra
   * parts are charged at their own model's price. `imagePrices`: the group's own, which go before the model's.
   * Throws RangeError on a count that is no whole number ≥ 0.
   */
  computeCost(usage: MeteredUsage, model: string, atMs: number, imagePrices?: ImagePrices | null): CostResult;
  /**
   * The dearest that a request of at most so many tokens can be, see `computeRequestHold`; null = no price.
   * Throws RangeError on a count that is no whole number ≥ 0.
   */
  computeHold(
    model: string,
    inputTokens: number,
    maxOutputTokens: number,
    atMs: number,
    imagePrices?: ImagePrices | null,
  ): PicoUsd | null;
}

/** Names whose present price is kept: clients choose them, so there may be any number. */
const KNOWN_NAMES_MAX = 10_000;

/** Throws RangeError when a price is malformed, a name is claimed twice, or two prices begin at one moment. */
export function createPriceBook(entries: readonly PriceEntry[], version: string): PriceBook {
  const history = new PriceHistory(entries);
  const findPrice = rememberBetweenChanges(history);
  const known = { version, findPrice };
  return {
    version,
    entries,
    findPrice,
    findOwner: (name) => history.findOwner(name),
    findMaxOutput: (model) => history.findLimit(model, 'maxOutputTokens'),
    findContext: (model) => history.findLimit(model, 'contextTokens'),
    listModels: (platform) => selectSoldModels(entries, platform),
    computeCost: (usage, model, atMs, imagePrices = null) =>
      sumCost(usage, { model, atMs, imagePrices }, known),
    computeHold(model, inputTokens, maxOutputTokens, atMs, imagePrices = null) {
      const price = findPrice(model, atMs);
      if (price === null) return null;
      return computeRequestHold(price, inputTokens, maxOutputTokens, imagePrices) as PicoUsd;
    },
  };
}

/** Between two changes of any price one look-up a name is enough. */
function rememberBetweenChanges(history: PriceHistory): PriceBook['findPrice'] {
  const known = new Map<string, ModelPrice | null>();
  let fromMs = Number.NaN;
  let untilMs = Number.NaN;
  return (model, atMs) => {
    if (!(atMs >= fromMs && atMs < untilMs) || known.size >= KNOWN_NAMES_MAX) {
      known.clear();
      fromMs = history.changesMs.findLast((changeMs) => changeMs <= atMs) ?? -Infinity;
      untilMs = history.changesMs.find((changeMs) => changeMs > atMs) ?? Infinity;
    }
    let price = known.get(model);
    if (price === undefined) {
      price = history.findPrice(model, atMs);
      known.set(model, price);
    }
    return price;
  };
}

/** A model is sold as long as its last entry says so. */
function selectSoldModels(entries: readonly PriceEntry[], platform: Platform): string[] {
  const last = new Map<string, PriceEntry>();
  for (const entry of entries) if (entry.platform === platform) last.set(entry.model, entry);
  return [...last.values()].filter(({ isRetired }) => isRetired !== true).map(({ model }) => model);
}

interface CostQuestion {
  model: string;
  atMs: number;
  imagePrices: ImagePrices | null;
}

function sumCost(
  { usage, extra, media }: MeteredUsage,
  { model, atMs, imagePrices }: CostQuestion,
  { version, findPrice }: Pick<PriceBook, 'version' | 'findPrice'>,
): CostResult {
  const price = findPrice(model, atMs);
  if (price === null) return { isPriced: false, unpriced: model };
  const unpriced: string[] = [];
  let total = computePartCost(usage, price, { media, imagePrices, unpriced });
  for (const part of extra) {
    const partPrice = part.model === null ? price : findPrice(part.model, atMs);
    if (partPrice === null) unpriced.push(part.model ?? model);
    else total += computePartCost(part.usage, partPrice, { media: null, imagePrices: null, unpriced });
  }
  return {
    isPriced: true,
    standardCost: total as PicoUsd,
    priceVersion: version,
    // Each name once.
    unpricedParts: unpriced.length < 2 ? unpriced : [...new Set(unpriced)],
  };
}
