type Step = () => void;

/** An index may be anything, as some vendors leave it out. */
const NONE = Symbol('none');

/**
 * Puts the items of a stream in a row, as sinks want them: what comes for the item that is open goes on at once,
 * what comes for another waits until that one is done.
 */
export class ItemRow {
  /** `output_index` of the item that is open. */
  #open: unknown = NONE;
  /** In the order in which they began. */
  readonly #waiting = new Map<unknown, { steps: Step[]; isDone: boolean }>();

  /** Takes the row if it is free. True = the item's words may go to the sink at once. */
  isNext(index: unknown): boolean {
    if (this.#open === NONE) this.#open = index;
    return this.#open === index;
  }

  /** For an item whose turn it is not yet. */
  wait(index: unknown, step: Step): void {
    const known = this.#waiting.get(index);
    if (known === undefined) this.#waiting.set(index, { steps: [step], isDone: false });
    else known.steps.push(step);
  }

  /** The item is over. */
  done(index: unknown): void {
    if (this.#open === index) this.#goOn();
    const known = this.#waiting.get(index);
    if (known !== undefined) known.isDone = true;
  }

  /** The answer is over: all that waited goes on. */
  end(): void {
    while (this.#waiting.size > 0) this.#goOn();
    this.#open = NONE;
  }

  #goOn(): void {
    this.#open = NONE;
    for (const [index, { steps, isDone }] of this.#waiting) {
      this.#waiting.delete(index);
      for (const step of steps) step();
      this.#open = index;
      if (!isDone) return;
      this.#open = NONE;
    }
  }
}
