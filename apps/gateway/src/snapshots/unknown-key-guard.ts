import { ExpiringMap } from './expiring-map.ts';

const WINDOW_MS = 60_000;
const UNKNOWN_KEYS_MAX = 120;
const ADDRESSES_MAX = 10_000;

/** AUTH-5: an address that keeps guessing keys is refused for a while without a look-up. */
export class UnknownKeyGuard {
  readonly #misses = new ExpiringMap<{ count: number }>(ADDRESSES_MAX);
  /** Address → when it may ask again, ms since 1970 UTC. */
  readonly #refusedUntilMs = new ExpiringMap<number>(ADDRESSES_MAX);

  /** Milliseconds that the address must still wait; 0 = it may ask. */
  refusedForMs(address: string, nowMs: number): number {
    return (this.#refusedUntilMs.get(address, nowMs) ?? nowMs) - nowMs;
  }

  recordUnknownKey(address: string, nowMs: number): void {
    const misses = this.#misses.get(address, nowMs);
    if (misses === undefined) {
      this.#misses.set(address, { count: 1 }, nowMs + WINDOW_MS);
      return;
    }
    misses.count += 1;
    if (misses.count < UNKNOWN_KEYS_MAX) return;
    this.#misses.delete(address);
    this.#refusedUntilMs.set(address, nowMs + WINDOW_MS, nowMs + WINDOW_MS);
  }
}
