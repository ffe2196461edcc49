import type { PriceBook } from '@tollgate/pricing';

/** A price book whose content can be exchanged between two calls; one call sees one content. */
export class SwitchingPriceBook implements PriceBook {
  #present: PriceBook;

  constructor(first: PriceBook) {
    this.#present = first;
  }

  switchTo(book: PriceBook): void {
    this.#present = book;
  }

  get version(): string {
    return this.#present.version;
  }

  get entries(): PriceBook['entries'] {
    return this.#present.entries;
  }

  findPrice(...args: Parameters<PriceBook['findPrice']>): ReturnType<PriceBook['findPrice']> {
    return this.#present.findPrice(...args);
  }

  findOwner(name: string): string | null {
    return this.#present.findOwner(name);
  }

  findMaxOutput(model: string): number | null {
    return this.#present.findMaxOutput(model);
  }

  findContext(model: string): number | null {
    return this.#present.findContext(model);
  }

  listModels(...args: Parameters<PriceBook['listModels']>): string[] {
    return this.#present.listModels(...args);
  }

  computeCost(...args: Parameters<PriceBook['computeCost']>): ReturnType<PriceBook['computeCost']> {
    return this.#present.computeCost(...args);
  }

  computeHold(...args: Parameters<PriceBook['computeHold']>): ReturnType<PriceBook['computeHold']> {
    return this.#present.computeHold(...args);
  }
}
