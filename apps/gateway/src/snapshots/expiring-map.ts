interface Entry<Value> {
  value: Value;
  expiresAtMs: number;
}

/** A map with a bound and a time to live per entry; the oldest entry goes first when it is full. */
export class ExpiringMap<Value> {
  readonly #entries = new Map<string, Entry<Value>>();
  readonly #entriesMax: number;

  constructor(entriesMax: number) {
    this.#entriesMax = entriesMax;
  }

  get size(): number {
    return this.#entries.size;
  }

  get(name: string, nowMs: number): Value | undefined {
    const entry = this.#entries.get(name);
    if (entry === undefined) return undefined;
    if (entry.expiresAtMs > nowMs) return entry.value;
    this.#entries.delete(name);
    return undefined;
  }

  set(name: string, value: Value, expiresAtMs: number): void {
    this.#entries.delete(name);
    if (this.#entries.size >= this.#entriesMax) this.#dropOldest();
    this.#entries.set(name, { value, expiresAtMs });
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  /** Deletes each entry that `isStale` names: a walk over the whole map, for rare events only. */
  deleteWhere(isStale: (value: Value) => boolean): void {
    for (const [name, entry] of this.#entries) if (isStale(entry.value)) this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  #dropOldest(): void {
    const oldest = this.#entries.keys().next();
    if (!oldest.done) this.#entries.delete(oldest.value);
  }
}
