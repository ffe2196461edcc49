/** The spans of time of account health, all in ms. `lua/includes/account-state.lua` has the same figures. */

/** A probe that has not reported by then is taken for lost: another may go. */
export const PROBE_MS = 30_000;
/** Back-off of an open breaker: doubles with each probe that fails. */
export const BREAKER_BACKOFF_MS = { first: 10_000, max: 300_000 } as const;
/** The same of an account in error. */
export const ERROR_BACKOFF_MS = { first: 60_000, max: 3_600_000 } as const;
/** Two strikes within this time are an error. */
export const STRIKE_MS = 3_600_000;
/** The breaker looks back over six buckets. */
export const BUCKET_MS = 10_000;
export const BREAKER_WINDOW_MS = 6 * BUCKET_MS;
