/** Values with a time to live. An expired one is gone for readers, and removed when read or swept. */
export class ExpiringMap<V> {
  readonly #entries = new Map<string, { value: V; expiresAtMs: number }>();

  get(name: string, nowMs: number): V | undefined {
    const entry = this.#entries.get(name);
    if (!entry) return undefined;
    if (entry.expiresAtMs > nowMs) return entry.value;
    this.#entries.delete(name);
    return undefined;
  }

  set(name: string, value: V, expiresAtMs: number): void {
    this.#entries.set(name, { value, expiresAtMs });
  }

  /** Another value, the same end. */
  replace(name: string, value: V): void {
    const entry = this.#entries.get(name);
    if (entry) entry.value = value;
  }

  /** All that are kept, also what has expired and was not swept yet. */
  *entries(): Iterable<[name: string, value: V]> {
    for (const [name, { value }] of this.#entries) yield [name, value];
  }

  delete(name: string): void {
    this.#entries.delete(name);
  }

  clear(): void {
    this.#entries.clear();
  }

  /** Forgets what has expired, so that names that are never read again do not stay. */
  sweep(nowMs: number): void {
    for (const [name, { expiresAtMs }] of this.#entries) if (expiresAtMs <= nowMs) this.#entries.delete(name);
  }
}
