import type { OpenAttempt } from './open-attempts.ts';

const WRITTEN = Promise.resolve();

/**
 * The attempts that one turn of the loop opens: the answers of the store come many at a time, and a write for each
 * would cost more than all else that a record costs. They are written together, before the loop looks at anything new.
 */
export class OpeningTurn {
  readonly #writeAll: (attempts: readonly OpenAttempt[]) => void;
  readonly #onTurnEnd = (): void => this.write();
  #attempts: OpenAttempt[] = [];
  #written: PromiseWithResolvers<void> | null = null;

  /** `writeAll` throws when nothing was written. */
  constructor(writeAll: (attempts: readonly OpenAttempt[]) => void) {
    this.#writeAll = writeAll;
  }

  /** One promise for all: settles when everything added so far is written, or is not. */
  get written(): Promise<void> {
    return this.#written === null ? WRITTEN : this.#written.promise;
  }

  add(attempt: OpenAttempt): Promise<void> {
    this.#attempts.push(attempt);
    if (this.#written === null) {
      this.#written = Promise.withResolvers();
      // Behind the microtasks: whoever else has its answer by now adds its record first.
      process.nextTick(this.#onTurnEnd);
    }
    return this.#written.promise;
  }

  /** What waits is written now. */
  write(): void {
    const written = this.#written;
    if (written === null) return;
    const attempts = this.#attempts;
    this.#attempts = [];
    this.#written = null;
    try {
      this.#writeAll(attempts);
      written.resolve();
    } catch (error) {
      written.reject(error);
    }
  }
}
