import type { Clock } from '@tollgate/core';
import type { AttemptRun, DeadlineTicker, TickTarget } from '@tollgate/forward';

export interface DrainBounds {
  /** From now on. */
  ms: number;
  /** Of output, from now on. */
  tokens: number;
}

/** An answer that is read on for its usage, with nobody to hear it. */
export interface Drain {
  /** It has ended: nothing bounds it any more. Idempotent. */
  stop(): void;
}

/** MON-7: all answers of this process that are read on without their client, so that a stop can cut them short. */
export class RunningDrains {
  readonly #clock: Clock;
  readonly #ticker: DeadlineTicker;
  readonly #running = new Set<BoundedDrain>();
  #isStopped = false;

  constructor(clock: Clock, ticker: DeadlineTicker) {
    this.#clock = clock;
    this.#ticker = ticker;
  }

  /** Whoever is cut off from now on was cut by us. */
  get isStopped(): boolean {
    return this.#isStopped;
  }

  get count(): number {
    return this.#running.size;
  }

  /**
   * Reads on until the answer ends or a bound is reached, then cuts the upstream. `countTokens`: the output so far.
   * null = this process is stopping, and the upstream was cut at once.
   */
  start(run: AttemptRun, bounds: DrainBounds, countTokens: () => number): Drain | null {
    if (this.#isStopped || bounds.ms <= 0) {
      run.clientLeft();
      return null;
    }
    const drain = new BoundedDrain(run, {
      untilMs: this.#clock.monotonicMs() + bounds.ms,
      tokensMax: countTokens() + bounds.tokens,
      countTokens,
      onStop: () => {
        this.#ticker.delete(drain);
        this.#running.delete(drain);
      },
    });
    this.#running.add(drain);
    this.#ticker.add(drain);
    run.readOn();
    return drain;
  }

  /** OPS-11: cuts all that run, and those to come at once. */
  stopAll(): void {
    this.#isStopped = true;
    for (const drain of this.#running) drain.cut();
  }
}

interface DrainParts {
  untilMs: number;
  tokensMax: number;
  countTokens(): number;
  onStop(): void;
}

class BoundedDrain implements Drain, TickTarget {
  tickPlace = -1;
  readonly #run: AttemptRun;
  readonly #parts: DrainParts;

  constructor(run: AttemptRun, parts: DrainParts) {
    this.#run = run;
    this.#parts = parts;
  }

  onTick(nowMs: number): void {
    if (nowMs >= this.#parts.untilMs || this.#parts.countTokens() > this.#parts.tokensMax) this.cut();
  }

  cut(): void {
    this.stop();
    this.#run.clientLeft();
  }

  stop(): void {
    this.#parts.onStop();
  }
}
