/** Time as a port, so that pure cores and tests never read the machine's clock. */
export interface Clock {
  /** Wall clock, milliseconds since 1970 UTC. */
  nowMs(): number;
  /** Monotonic milliseconds with fractions; only differences mean anything. */
  monotonicMs(): number;
}

export const systemClock: Clock = {
  nowMs: () => Date.now(),
  monotonicMs: () => performance.now(),
};
