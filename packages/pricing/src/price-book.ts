import type { MeteredUsage, PicoUsd, Platform } from '@tollgate/core';
import { computePartCost } from './part-cost.ts';
import { parsePriceEntry } from './parse-price.ts';
import type { ModelPrice, PriceEntry } from './price-entry.ts';
import { selectModelNames } from './select-model-names.ts';

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
  /** The price in force at a moment (ms since 1970 UTC); null = unknown, which is never 0. */
  findPrice(model: string, atMs: number): ModelPrice | null;
  /** The models that a platform sells, in the book's order: the default of `/v1/models`. */
  listModels(platform: Platform): string[];
  /**
   * The standard cost: Σ tokens × price, in whole pico-USD, no rounding. `model`: the upstream's name. Extra
   * parts are charged at their own model's price. Throws RangeError on a count that is no whole number ≥ 0.
   */
  computeCost(usage: MeteredUsage, model: string, atMs: number): CostResult;
}

const DAY_MS = 86_400_000;
/** Names whose price of today is kept: clients choose them, so there may be any number. */
const KNOWN_NAMES_MAX = 10_000;

/** Throws RangeError when a price is malformed, a name is claimed twice, or two prices begin on one day. */
export function createPriceBook(entries: readonly PriceEntry[], version: string): PriceBook {
  const histories = buildHistories(entries);
  const names = buildNames(entries);
  const lookUp = (model: string, atMs: number): ModelPrice | null => {
    const known = selectModelNames(model).find((name) => names.has(name));
    const history = histories.get(names.get(known ?? '') ?? '') ?? [];
    const today = new Date(atMs).toISOString().slice(0, 10);
    return history.findLast(({ effectiveFrom }) => effectiveFrom === null || effectiveFrom <= today) ?? null;
  };
  const findPrice = rememberForDay(lookUp);
  return {
    version,
    findPrice,
    listModels: (platform) => selectSoldModels(entries, platform),
    computeCost: (usage, model, atMs) => sumCost(usage, model, version, (name) => findPrice(name, atMs)),
  };
}

/** A price holds from the beginning of a day (UTC) on: one look-up a name and day is enough. */
function rememberForDay(lookUp: PriceBook['findPrice']): PriceBook['findPrice'] {
  const known = new Map<string, ModelPrice | null>();
  let knownDay = Number.NaN;
  return (model, atMs) => {
    const day = atMs - (atMs % DAY_MS);
    if (day !== knownDay || known.size >= KNOWN_NAMES_MAX) known.clear();
    knownDay = day;
    let price = known.get(model);
    if (price === undefined) {
      price = lookUp(model, atMs);
      known.set(model, price);
    }
    return price;
  };
}

/** Prices of each model in the order in which they came into force. */
function buildHistories(entries: readonly PriceEntry[]): Map<string, ModelPrice[]> {
  const histories = new Map<string, ModelPrice[]>();
  for (const entry of entries) {
    const price = parsePriceEntry(entry);
    const history = histories.get(entry.model) ?? [];
    if (history.some(({ effectiveFrom }) => effectiveFrom === price.effectiveFrom)) {
      throw new RangeError(`two prices of ${entry.model} from ${price.effectiveFrom ?? 'the beginning'} on`);
    }
    history.push(price);
    history.sort((a, b) => ((a.effectiveFrom ?? '') < (b.effectiveFrom ?? '') ? -1 : 1));
    histories.set(entry.model, history);
  }
  return histories;
}

/** Every exact name → its model. */
function buildNames(entries: readonly PriceEntry[]): Map<string, string> {
  const names = new Map<string, string>();
  for (const { model, aliases = [] } of entries) {
    for (const name of [model, ...aliases]) {
      const owner = names.get(name) ?? model;
      if (owner !== model) throw new RangeError(`the name ${name} is claimed by ${owner} and ${model}`);
      names.set(name, model);
    }
  }
  return names;
}

function selectSoldModels(entries: readonly PriceEntry[], platform: Platform): string[] {
  const sold = entries.filter((entry) => entry.platform === platform && entry.isRetired !== true);
  return [...new Set(sold.map(({ model }) => model))];
}

function sumCost(
  { usage, extra }: MeteredUsage,
  model: string,
  priceVersion: string,
  findPrice: (model: string) => ModelPrice | null,
): CostResult {
  const price = findPrice(model);
  if (price === null) return { isPriced: false, unpriced: model };
  const unpriced = new Set<string>();
  let total = computePartCost(usage, price, unpriced);
  for (const part of extra) {
    const partPrice = part.model === null ? price : findPrice(part.model);
    if (partPrice === null) unpriced.add(part.model ?? model);
    else total += computePartCost(part.usage, partPrice, unpriced);
  }
  return { isPriced: true, standardCost: total as PicoUsd, priceVersion, unpricedParts: [...unpriced] };
}
