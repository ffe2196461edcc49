import type { Clock } from '@tollgate/core';

/** A turn keeps its own place in the list of all; begin with -1. */
export interface TimedTurn {
  deadlinePlace: number;
  /** Monotonic ms. */
  deadlineMs: number;
}

export interface TurnDeadlinesOptions<Turn> {
  clock: Clock;
  /** How long a turn may last, the same for all. */
  limitMs: number;
  /** Called once for a turn that is not removed in time; it is removed by that. */
  onOverdue(turn: Turn): void;
}

/** Begin to cut off what is over when it is so much, and half of all. */
const OVER_MAX = 256;

/**
 * The turns that are under way, oldest first, and their time limits: since all limits are alike, one timer for
 * the oldest does for all, and under load it is set a few times a second instead of once a turn. No Map: see
 * SlotMap of core for what one costs with values that come and go.
 */
export class TurnDeadlines<Turn extends TimedTurn> {
  readonly #options: TurnDeadlinesOptions<Turn>;
  #turns: (Turn | undefined)[] = [];
  /** All before this place are over. */
  #first = 0;
  #count = 0;
  readonly #waiting: (() => void)[] = [];
  #isArmed = false;

  constructor(options: TurnDeadlinesOptions<Turn>) {
    this.#options = options;
  }

  add(turn: Turn): void {
    turn.deadlinePlace = this.#turns.length;
    turn.deadlineMs = this.#options.clock.monotonicMs() + this.#options.limitMs;
    this.#turns.push(turn);
    this.#count += 1;
    if (!this.#isArmed) this.#arm(this.#options.limitMs);
  }

  /** Changes nothing for a turn that is not there. */
  remove(turn: Turn): void {
    if (turn.deadlinePlace === -1) return;
    this.#turns[turn.deadlinePlace] = undefined;
    turn.deadlinePlace = -1;
    this.#count -= 1;
    this.#cutOff();
    if (this.#count === 0) for (const resolve of this.#waiting.splice(0)) resolve();
  }

  /** Resolves when no turn is under way. */
  drained(): Promise<void> {
    if (this.#count === 0) return Promise.resolve();
    return new Promise((resolve) => void this.#waiting.push(resolve));
  }

  #cutOff(): void {
    if (this.#count === 0) {
      this.#turns.length = 0;
      this.#first = 0;
      return;
    }
    while (this.#turns[this.#first] === undefined) this.#first += 1;
    if (this.#first < OVER_MAX || this.#first * 2 < this.#turns.length) return;
    this.#turns.splice(0, this.#first);
    this.#first = 0;
    for (const [place, turn] of this.#turns.entries()) if (turn) turn.deadlinePlace = place;
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
    while (this.#count > 0) {
      const oldest = this.#turns[this.#first];
      if (oldest === undefined) return;
      if (oldest.deadlineMs > nowMs) return this.#arm(Math.ceil(oldest.deadlineMs - nowMs));
      this.remove(oldest);
      this.#options.onOverdue(oldest);
    }
  }
}
