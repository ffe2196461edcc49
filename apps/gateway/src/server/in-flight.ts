/** Counts answers that are not finished, so that a closing server can wait for them. */
export class InFlight {
  #count = 0;
  #onEmpty: (() => void) | null = null;

  get count(): number {
    return this.#count;
  }

  /** One more has begun; it must leave once. */
  enter(): void {
    this.#count += 1;
  }

  leave(): void {
    this.#count -= 1;
    if (this.#count === 0) this.#onEmpty?.();
  }

  /** Resolves when nothing is left, or after `graceMs`. */
  async drain(graceMs: number): Promise<void> {
    if (this.#count === 0) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#onEmpty = resolve;
    const timer = setTimeout(resolve, graceMs);
    await promise;
    clearTimeout(timer);
  }
}
