import type { WindowUse } from '../port.ts';

const BUCKETS = 60;

/**
 * A sliding window: sixty buckets and the one that is being left, which still counts in full. The twin of
 * redis/lua/includes/sliding-window.lua.
 */
export class SlidingCounter {
  readonly #spanMs: number;
  readonly #buckets = new Map<number, number>();
  #newest = 0;

  constructor(windowMs: number) {
    this.#spanMs = Math.floor(windowMs / BUCKETS);
  }

  read(nowMs: number): WindowUse & { stamp: number } {
    const now = this.#open(nowMs);
    let used = 0;
    for (const count of this.#buckets.values()) used += count;
    return { used, stamp: now, resetMs: used === 0 ? 0 : this.#leavesAtMs(this.#newest) - nowMs };
  }

  /** Ms until what is over the limit has left. */
  waitFor(excess: number, nowMs: number): number {
    let left = 0;
    for (const bucket of [...this.#buckets.keys()].toSorted((a, b) => a - b)) {
      left += this.#buckets.get(bucket) ?? 0;
      if (left >= excess) return this.#leavesAtMs(bucket) - nowMs;
    }
    return this.#spanMs * BUCKETS;
  }

  add(stamp: number, cost: number): void {
    this.#newest = stamp;
    this.#buckets.set(stamp, (this.#buckets.get(stamp) ?? 0) + cost);
  }

  correct(stamp: number, delta: number, nowMs: number): void {
    this.#open(nowMs);
    const count = this.#buckets.get(stamp);
    if (count !== undefined) this.#buckets.set(stamp, Math.max(0, count + delta));
  }

  isOver(nowMs: number): boolean {
    this.#open(nowMs);
    return this.#buckets.size === 0;
  }

  /** Forgets the buckets that have left. The present bucket: never one before the newest, unless the clock jumped. */
  #open(nowMs: number): number {
    const now = Math.floor(nowMs / this.#spanMs);
    if (this.#newest - now > BUCKETS) this.#buckets.clear();
    const present = this.#buckets.size === 0 ? now : Math.max(now, this.#newest);
    for (const bucket of this.#buckets.keys()) if (bucket < present - BUCKETS) this.#buckets.delete(bucket);
    return present;
  }

  #leavesAtMs(bucket: number): number {
    return (bucket + BUCKETS + 1) * this.#spanMs;
  }
}
