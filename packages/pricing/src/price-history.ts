import { parsePriceEntry } from './parse-price.ts';
import type { ModelPrice, PriceEntry } from './price-entry.ts';
import { selectModelNames } from './select-model-names.ts';

/** All prices of a book, by model and by moment. */
export class PriceHistory {
  /** Prices of each model in the order in which they came into force. */
  readonly #histories = new Map<string, ModelPrice[]>();
  /** Every exact name → its model. */
  readonly #names = new Map<string, string>();
  /** Moments at which any price changes, ascending, ms since 1970 UTC. */
  readonly changesMs: readonly number[];

  /** Throws RangeError when a price is malformed, a name is claimed twice, or two prices begin at one moment. */
  constructor(entries: readonly PriceEntry[]) {
    const changes = new Set<number>();
    for (const entry of entries) {
      const price = parsePriceEntry(entry);
      this.#addPrice(price);
      this.#addNames(entry);
      if (price.effectiveFromMs > -Infinity) changes.add(price.effectiveFromMs);
    }
    for (const history of this.#histories.values()) {
      history.sort((a, b) => a.effectiveFromMs - b.effectiveFromMs || 0);
    }
    this.changesMs = [...changes].toSorted((a, b) => a - b);
  }

  /** The first of the names that the model goes by which has a price at that moment. */
  findPrice(model: string, atMs: number): ModelPrice | null {
    for (const history of this.#listHistories(model)) {
      const price = history.findLast(({ effectiveFromMs }) => effectiveFromMs <= atMs);
      if (price !== undefined) return price;
    }
    return null;
  }

  /** What the latest price that says anything says, e.g. of the longest answer. */
  findLimit(model: string, field: 'maxOutputTokens' | 'contextTokens'): number | null {
    for (const history of this.#listHistories(model)) {
      const limit = history.findLast(({ entry }) => entry[field] !== undefined)?.entry[field];
      if (limit !== undefined) return limit;
    }
    return null;
  }

  /** The model that goes by exactly this name; null = none does. */
  findOwner(name: string): string | null {
    return this.#names.get(name) ?? null;
  }

  #listHistories(model: string): ModelPrice[][] {
    return selectModelNames(model).flatMap((name) => {
      const history = this.#histories.get(this.#names.get(name) ?? '');
      return history === undefined ? [] : [history];
    });
  }

  #addPrice(price: ModelPrice): void {
    const { model, effectiveFromMs, entry } = price;
    const history = this.#histories.get(model) ?? [];
    if (history.some((other) => other.effectiveFromMs === effectiveFromMs)) {
      throw new RangeError(`two prices of ${model} from ${entry.effectiveFrom ?? 'the beginning'} on`);
    }
    if (history.some(({ platform }) => platform !== price.platform)) {
      throw new RangeError(`${model} is sold by two platforms`);
    }
    history.push(price);
    this.#histories.set(model, history);
  }

  #addNames({ model, aliases = [] }: PriceEntry): void {
    for (const name of [model, ...aliases]) {
      const owner = this.#names.get(name) ?? model;
      if (owner !== model) throw new RangeError(`the name ${name} is claimed by ${owner} and ${model}`);
      this.#names.set(name, model);
    }
  }
}
