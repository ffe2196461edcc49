/** No vendor has a longer window than a week; whatever is further away is a mistake. */
export const RESET_WAIT_MS_MAX = 7 * 24 * 3_600_000;

/** A wait in whole ms, never shorter than stated, between 0 and {@link RESET_WAIT_MS_MAX}. NaN is no wait: null. */
export function limitWaitMs(waitMs: number): number | null {
  return Number.isNaN(waitMs) ? null : Math.ceil(Math.min(Math.max(waitMs, 0), RESET_WAIT_MS_MAX));
}
