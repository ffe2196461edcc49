/** Models come from accounts' mappings and from clients, so there may be any number of names. */
const MODELS_MAX = 1_000;
const OTHERS = 'other';

/** Attempts since the start of which something had no price, by the model that was asked for (MON-2). */
export class UnpricedUsage {
  readonly #counts = new Map<string, number>();

  add(upstreamModel: string): void {
    const isRoom = this.#counts.has(upstreamModel) || this.#counts.size < MODELS_MAX;
    const name = isRoom ? upstreamModel : OTHERS;
    this.#counts.set(name, (this.#counts.get(name) ?? 0) + 1);
  }

  /** Model → attempts; models beyond a thousand are together under `other`. */
  read(): ReadonlyMap<string, number> {
    return this.#counts;
  }
}
