import { parseEffectiveFrom } from './parse-effective-from.ts';
import type { PriceEntry } from './price-entry.ts';

/**
 * One book out of two layers. From the first moment of the upper layer's price of a model on, the lower layer
 * says nothing about that model any more: what an operator has set is not undone by a change that a later list
 * of ours foresees. Before that moment the lower layer stands. A name that the upper layer gives to a model is
 * no alias of another one below.
 */
export function mergePrices(lower: readonly PriceEntry[], upper: readonly PriceEntry[]): PriceEntry[] {
  const firstMs = new Map<string, number>();
  for (const entry of upper) {
    const startMs = readStart(entry);
    if (startMs <= (firstMs.get(entry.model) ?? Infinity)) firstMs.set(entry.model, startMs);
  }
  const claimed = new Map(
    upper.flatMap(({ model, aliases = [] }) => [model, ...aliases].map((name) => [name, model])),
  );
  const kept = lower.filter((entry) => readStart(entry) < (firstMs.get(entry.model) ?? Infinity));
  return [...kept.map((entry) => dropAliases(entry, claimed)), ...upper];
}

/** A layer with more prices in it; one that begins at the same moment as a price of the same model replaces it. */
export function putPrices(layer: readonly PriceEntry[], added: readonly PriceEntry[]): PriceEntry[] {
  const isReplaced = (entry: PriceEntry) =>
    added.some(({ model, ...other }) => model === entry.model && readStart(other) === readStart(entry));
  return [...layer.filter((entry) => !isReplaced(entry)), ...added];
}

function dropAliases(entry: PriceEntry, claimed: ReadonlyMap<string, string>): PriceEntry {
  const { aliases } = entry;
  const isKept = (name: string) => (claimed.get(name) ?? entry.model) === entry.model;
  if (aliases === undefined || aliases.every(isKept)) return entry;
  return { ...entry, aliases: aliases.filter(isKept) };
}

function readStart({ effectiveFrom }: Pick<PriceEntry, 'effectiveFrom'>): number {
  return effectiveFrom === undefined ? -Infinity : parseEffectiveFrom(effectiveFrom);
}
