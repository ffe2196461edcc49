import type { MeteredUsage, PicoUsd, Platform } from '@tollgate/core';
import type { CostResult, ImagePrices, ModelPrice, PriceBook } from '@tollgate/pricing';

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

  findPrice(model: string, atMs: number): ModelPrice | null {
    return this.#present.findPrice(model, atMs);
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

  listModels(platform: Platform): string[] {
    return this.#present.listModels(platform);
  }

  computeCost(
    usage: MeteredUsage,
    model: string,
    atMs: number,
    imagePrices?: ImagePrices | null,
  ): CostResult {
    return this.#present.computeCost(usage, model, atMs, imagePrices);
  }

  computeHold(
    model: string,
    inputTokens: number,
    maxOutputTokens: number,
    atMs: number,
    imagePrices?: ImagePrices | null,
  ): PicoUsd | null {
    return this.#present.computeHold(model, inputTokens, maxOutputTokens, atMs, imagePrices);
  }
}
