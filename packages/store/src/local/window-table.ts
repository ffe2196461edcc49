import { at, windowName } from '../admit-result.ts';
import type { Reservation, WindowLimit, WindowName, WindowState, WindowUse } from '../port.ts';
import { SlidingCounter } from './sliding-counter.ts';

/** A window as this request finds it. */
interface Reading extends WindowUse {
  /** Which minute, or which bucket. */
  stamp: number;
}

export type WindowCheck =
  | { passed: true; readings: Reading[] }
  /** null = it costs more than the limit. */
  | { passed: false; index: number; retryAfterMs: number | null };

/** The windows of all users: the twin of redis/lua/includes/check-windows.lua. */
export class WindowTable {
  readonly #windowMs: number;
  readonly #fixed = new Map<string, { endMs: number; count: number }>();
  readonly #sliding = new Map<string, SlidingCounter>();

  constructor(windowMs: number) {
    this.#windowMs = windowMs;
  }

  /** All together, nothing counted. Of several that refuse: the one that refuses longest, then the smallest limit. */
  check(windows: readonly WindowLimit[], nowMs: number): WindowCheck {
    const readings = windows.map((window) => this.#read(window, nowMs));
    let refusing: { index: number; waitMs: number; limit: number } | null = null;
    for (const [index, window] of windows.entries()) {
      const waitMs = this.#waitFor(window, at(readings, index), nowMs);
      if (waitMs === 0) continue;
      const { limit } = window;
      if (!refusing || waitMs > refusing.waitMs || (waitMs === refusing.waitMs && limit < refusing.limit)) {
        refusing = { index, waitMs, limit };
      }
    }
    if (!refusing) return { passed: true, readings };
    const retryAfterMs = refusing.waitMs === Infinity ? null : refusing.waitMs;
    return { passed: false, index: refusing.index, retryAfterMs };
  }

  /** Counts one request, as far as its windows were read. */
  count(reservations: readonly Reservation[], nowMs: number): void {
    for (const { window, stamp, cost } of reservations) {
      const name = windowName(window);
      if (window.shape === 'sliding') this.#slidingOf(name).add(stamp, cost);
      else this.#fixed.set(name, { endMs: stamp, count: this.#read(window, nowMs).used + cost });
    }
  }

  /** In the same window only, and never below 0. */
  correct({ window, stamp }: Reservation, delta: number, nowMs: number): void {
    const name = windowName(window);
    if (window.shape === 'sliding') {
      this.#sliding.get(name)?.correct(stamp, delta, nowMs);
      return;
    }
    if (stamp !== this.#endMs(nowMs)) return;
    const known = this.#fixed.get(name);
    const count = known?.endMs === stamp ? known.count : 0;
    this.#fixed.set(name, { endMs: stamp, count: Math.max(0, count + delta) });
  }

  read(window: WindowName, nowMs: number): WindowUse {
    const { used, resetMs } = this.#read(window, nowMs);
    return { used, resetMs };
  }

  /** The tightest window of a unit after a request that was counted. */
  findTightest(
    windows: readonly WindowLimit[],
    readings: readonly Reading[],
    unit: WindowName['unit'],
    nowMs: number,
  ): WindowState | null {
    let tightest: WindowState | null = null;
    for (const [index, window] of windows.entries()) {
      if (window.unit !== unit) continue;
      const remaining = Math.max(0, window.limit - at(readings, index).used - window.cost);
      if (tightest && remaining >= tightest.remaining) continue;
      tightest = { limit: window.limit, remaining, resetMs: this.#read(window, nowMs).resetMs };
    }
    return tightest;
  }

  /** Forgets the windows that are over. */
  sweep(nowMs: number): void {
    const endMs = this.#endMs(nowMs);
    for (const [name, window] of this.#fixed) if (window.endMs !== endMs) this.#fixed.delete(name);
    for (const [name, counter] of this.#sliding) if (counter.isOver(nowMs)) this.#sliding.delete(name);
  }

  #read(window: WindowName, nowMs: number): Reading {
    const name = windowName(window);
    const endMs = this.#endMs(nowMs);
    if (window.shape === 'sliding') {
      return this.#sliding.get(name)?.read(nowMs) ?? new SlidingCounter(this.#windowMs).read(nowMs);
    }
    const known = this.#fixed.get(name);
    return { used: known?.endMs === endMs ? known.count : 0, stamp: endMs, resetMs: endMs - nowMs };
  }

  #waitFor(window: WindowLimit, { used, resetMs }: Reading, nowMs: number): number {
    const excess = used + window.cost - window.limit;
    if (excess <= 0) return 0;
    if (window.cost > window.limit) return Infinity;
    if (window.shape === 'fixed') return resetMs;
    return this.#slidingOf(windowName(window)).waitFor(excess, nowMs);
  }

  #slidingOf(name: string): SlidingCounter {
    const known = this.#sliding.get(name);
    if (known) return known;
    const counter = new SlidingCounter(this.#windowMs);
    this.#sliding.set(name, counter);
    return counter;
  }

  #endMs(nowMs: number): number {
    return nowMs - (nowMs % this.#windowMs) + this.#windowMs;
  }
}
