import type { Clock } from '@tollgate/core';

/** 2026-11-01: a day on which the built-in price book has prices. */
export const START_MS = Date.UTC(2026, 10, 1);

/** Stands still until it is told to move. */
export class ManualClock implements Clock {
  #nowMs = START_MS;

  nowMs(): number {
    return this.#nowMs;
  }

  monotonicMs(): number {
    return this.#nowMs - START_MS;
  }

  advance(ms: number): void {
    this.#nowMs += ms;
  }
}
