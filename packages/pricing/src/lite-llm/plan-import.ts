import { compareEntries, type Difference } from '../list-figures.ts';
import { parsePriceEntry } from '../parse-price.ts';
import type { PriceBook } from '../price-book.ts';
import type { PriceEntry } from '../price-entry.ts';
import { selectModelNames } from '../select-model-names.ts';
import type { FilePrice } from './map-model.ts';
import { readLiteLlmFile, type ReadModel, type SkippedModel } from './read-file.ts';

export interface ImportedModel {
  model: string;
  change: 'new' | 'changed' | 'same';
  /** To the price in force at the moment from which the imported one counts. */
  differences: Difference[];
  notes: string[];
}

export interface ImportPlan {
  /** What is to be put over the present book: new and changed models only. */
  entries: PriceEntry[];
  models: ImportedModel[];
  skipped: SkippedModel[];
  ignoredFields: Map<string, number>;
}

/**
 * What the text of a LiteLLM price file would change in a book from `effectiveFrom` on. What the file does not
 * say of a model that the book has is kept; only a tier of long prompts that it does not know is gone. Throws RangeError when the text is no
 * such file or `effectiveFrom` is no moment.
 */
export function planLiteLlmImport(text: string, book: PriceBook, effectiveFrom: string): ImportPlan {
  const { models, skipped, ignoredFields } = readLiteLlmFile(text);
  const plan: ImportPlan = { entries: [], models: [], skipped, ignoredFields };
  for (const read of models.values()) {
    const reason = findObstacle(read.price, book, models);
    if (reason === null) planModel(plan, read, book, effectiveFrom);
    else skipped.push({ name: read.name, reason });
  }
  return plan;
}

/** Why a price that could be read is not taken all the same; null = it is. */
function findObstacle(
  price: FilePrice,
  book: PriceBook,
  models: ReadonlyMap<string, ReadModel>,
): string | null {
  const owner = book.findOwner(price.model);
  const present = book.entries.find(({ model }) => model === price.model);
  if (present !== undefined && present.platform !== price.platform) {
    return `a model of ${present.platform} in the present book`;
  }
  if (owner !== null && owner !== price.model) return `another name of ${owner}`;
  if (present !== undefined) return null;
  // A name that a rule leads to a model of the same price needs no price of its own.
  const [, ...others] = selectModelNames(price.model);
  const covering = others.find((name) => models.has(name));
  const other = covering === undefined ? undefined : models.get(covering)?.price;
  return other !== undefined && isSamePrice(price, other) ? `has the price of ${covering}` : null;
}

function isSamePrice(one: FilePrice, other: FilePrice): boolean {
  return one.platform === other.platform && compareEntries(one, other).length === 0;
}

function planModel(plan: ImportPlan, read: ReadModel, book: PriceBook, effectiveFrom: string): void {
  const { model } = read.price;
  const { effectiveFromMs } = parsePriceEntry({ ...read.price, effectiveFrom });
  const found = book.findPrice(model, effectiveFromMs)?.entry;
  const present = found?.model === model ? found : null;
  const isRetired = read.retiresOn !== null && read.retiresOn <= effectiveFrom;
  const entry = {
    ...keepUnsaid(present, read.price),
    effectiveFrom,
    ...(isRetired && { isRetired }),
  };
  const differences = compareEntries(present, entry);
  const change = present === null ? 'new' : differences.length === 0 ? 'same' : 'changed';
  if (change !== 'same') plan.entries.push(entry);
  plan.models.push({ model, change, differences, notes: read.notes });
}

/** The file's price, and of the present one what the file says nothing about. */
function keepUnsaid(present: PriceEntry | null, price: FilePrice): PriceEntry {
  if (present === null) return price;
  const { longPrompts: tiers = [], aliases: _aliases, ...kept } = present;
  const longPrompts = price.longPrompts?.map(({ overTokens, prices }) => {
    const tier = tiers.find((one) => one.overTokens === overTokens);
    return { overTokens, prices: { ...tier?.prices, ...prices } };
  });
  return {
    ...kept,
    ...price,
    prices: { ...kept.prices, ...price.prices },
    ...(longPrompts && { longPrompts }),
  };
}
