/**
 * Up to which message everything is in force here. Messages are applied in order, but one may take its time: those
 * that are done meanwhile wait for it.
 */
export class AppliedNumbers {
  readonly #onApplied: (number: number) => void;
  #pending = 0;
  #last: Promise<unknown> = Promise.resolve();

  constructor(onApplied: (number: number) => void) {
    this.#onApplied = onApplied;
  }

  /** `running` resolves when the message is in force, and never rejects; null = it is now. */
  note(number: number, running: Promise<unknown> | null): void {
    if (running === null && this.#pending === 0) {
      this.#onApplied(number);
      return;
    }
    this.#pending += 1;
    this.#last = this.#follow(this.#last, running, number);
  }

  async #follow(before: Promise<unknown>, running: Promise<unknown> | null, number: number): Promise<void> {
    await Promise.all([before, running]);
    this.#pending -= 1;
    this.#onApplied(number);
  }
}
