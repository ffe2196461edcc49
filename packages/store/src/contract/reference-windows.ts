import type { WindowLimit, WindowName } from '../port.ts';
import { TEST_TIMINGS } from './harness.ts';

const SPAN_MS = TEST_TIMINGS.windowMs / 60;

/** What one admission has counted in one window. */
export interface ModelCount {
  window: string;
  isSliding: boolean;
  stamp: number;
  cost: number;
}

/** Windows as lists of what was counted, and when. */
export class ReferenceWindows {
  #counts: ModelCount[] = [];
  #minute = 0;
  #bucket = 0;

  advance(ms: number): void {
    if (ms >= TEST_TIMINGS.windowMs) this.#minute += 1;
    this.#bucket += Math.floor(ms / SPAN_MS);
  }

  used(name: WindowName): number {
    const window = nameOf(name);
    let used = 0;
    for (const count of this.#counts) if (count.window === window && this.#isOpen(count)) used += count.cost;
    return used;
  }

  remaining(window: WindowLimit): number {
    return window.limit - this.used(window);
  }

  count(windows: readonly WindowLimit[]): ModelCount[] {
    const counted = windows.map((window) => ({
      window: nameOf(window),
      isSliding: window.shape === 'sliding',
      stamp: window.shape === 'sliding' ? this.#bucket : this.#minute,
      cost: window.cost,
    }));
    this.#counts.push(...counted);
    return counted;
  }

  /** Changes what was counted; once a window is over it changes nothing that anybody reads. */
  correct(counts: readonly ModelCount[], trueCost: number): void {
    for (const count of counts) count.cost = trueCost;
  }

  #isOpen({ isSliding, stamp }: ModelCount): boolean {
    return isSliding ? stamp >= this.#bucket - 60 : stamp === this.#minute;
  }
}

function nameOf({ subject, unit, shape }: WindowName): string {
  return JSON.stringify([subject, unit, shape]);
}
