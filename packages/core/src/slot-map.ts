/**
 * A Map for values that come and go with every request. V8's own Map copies its table again and again under such
 * a load, and once the table lies in old space each outworn one stays there with all it held, until the next full
 * collection: nearly every request of a busy process then survived its scavenges (a third of all garbage, a fifth
 * of the CPU time). Here the values lie in an array that is overwritten, and the Map holds their places only.
 */
export class SlotMap<Key extends string, Value extends object> {
  readonly #places = new Map<Key, number>();
  readonly #values: (Value | undefined)[] = [];
  readonly #free: number[] = [];

  get size(): number {
    return this.#places.size;
  }

  has(key: Key): boolean {
    return this.#places.has(key);
  }

  get(key: Key): Value | undefined {
    const place = this.#places.get(key);
    return place === undefined ? undefined : this.#values[place];
  }

  set(key: Key, value: Value): void {
    const place = this.#places.get(key) ?? this.#free.pop() ?? this.#values.length;
    this.#places.set(key, place);
    this.#values[place] = value;
  }

  /** The value that was there. */
  delete(key: Key): Value | undefined {
    const place = this.#places.get(key);
    if (place === undefined) return undefined;
    this.#places.delete(key);
    const value = this.#values[place];
    this.#values[place] = undefined;
    this.#free.push(place);
    return value;
  }

  clear(): void {
    this.#places.clear();
    this.#values.length = 0;
    this.#free.length = 0;
  }

  /** In no order. What is deleted meanwhile is passed over; what is set meanwhile may be. */
  *values(): Generator<Value> {
    for (let place = 0; place < this.#values.length; place += 1) {
      const value = this.#values[place];
      if (value !== undefined) yield value;
    }
  }
}
