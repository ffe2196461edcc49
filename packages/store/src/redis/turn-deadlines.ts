import type { Clock } from '@tollgate/core';

export interface TurnDeadlinesOptions<Turn> {
  clock: Clock;
  /** How long a turn may last, the same for all. */
  limitMs: number;
  /** Called once for a turn that is not removed in time; it is removed by that. */
  onOverdue(turn: Turn): void;
}

/**
 * The turns that are under way, oldest first, and their time limits: since all limits are alike, one timer for
 * the oldest does for all, and under load it is set a few times a second instead of once a turn.
 */
export class TurnDeadlines<Turn> {
  readonly #options: TurnDeadlinesOptions<Turn>;
  /** Turn → when its time is over, monotonic ms. */
  readonly #turns = new Map<Turn, number>();
  readonly #waiting: (() => void)[] = [];
  #isArmed = false;

  constructor(options: TurnDeadlinesOptions<Turn>) {
    this.#options = options;
  }

  add(turn: Turn): void {
    this.#turns.set(turn, this.#options.clock.monotonicMs() + this.#options.limitMs);
    if (!this.#isArmed) this.#arm(this.#options.limitMs);
  }

  /** Changes nothing for a turn that is not there. */
  remove(turn: Turn): void {
    this.#turns.delete(turn);
    if (this.#turns.size === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no turn is under way. */
  drained(): Promise<void> {
    if (this.#turns.size === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  /** The socket holds the process while a turn is under way; the timer need not, and outlives the turns. */
  #arm(delayMs: number): void {
    this.#isArmed = true;
    // One more poll of the sockets: a loop that was held up itself must not blame Redis.
    setTimeout(() => setImmediate(() => this.#check()), delayMs).unref();
  }

  #check(): void {
    this.#isArmed = false;
    const nowMs = this.#options.clock.monotonicMs();
    for (const [turn, untilMs] of this.#turns) {
      if (untilMs > nowMs) {
        this.#arm(Math.ceil(untilMs - nowMs));
        return;
      }
      this.remove(turn);
      this.#options.onOverdue(turn);
    }
  }
}
