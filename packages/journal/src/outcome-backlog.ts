import type { AttemptOutcome } from '@tollgate/core';

/** Closes that the disk refused: kept in memory, bounded, until the disk or the sink takes them. */
export class OutcomeBacklog {
  readonly #max: number;
  #outcomes: AttemptOutcome[] = [];

  constructor(max: number) {
    this.#max = max;
  }

  get size(): number {
    return this.#outcomes.length;
  }

  /** False when there is no room left. */
  add(outcome: AttemptOutcome): boolean {
    if (this.#outcomes.length >= this.#max) return false;
    this.#outcomes.push(outcome);
    return true;
  }

  first(max: number): AttemptOutcome[] {
    return this.#outcomes.slice(0, max);
  }

  remove(outcomes: readonly AttemptOutcome[]): void {
    const gone = new Set(outcomes);
    this.#outcomes = this.#outcomes.filter((outcome) => !gone.has(outcome));
  }
}
