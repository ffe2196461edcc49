/** ACC-6: so long before its end a token is refreshed, at most half of its life. */
export const REFRESH_AHEAD_MS = 900_000;
/** Failures in a row after which the account is an `error`. */
export const REFRESH_FAILURES_MAX = 3;

/** A token that ends at once, or never, must lead to no loop and to no date that nothing can hold. */
const DELAY_MS_MIN = 30_000;
const DELAY_MS_MAX = 30 * 86_400_000;
/** The tries up to the error fit into the time ahead: an endpoint that is down for minutes costs nothing. */
const RETRY_MS = [60_000, 300_000];
const SLOW_RETRY_MS = 600_000;
const RETRY_MS_MAX = 3_600_000;
/** Half a day of tries: then only an admin can help. */
const TRIES_MAX = 14;

export interface RefreshRetry {
  /** From now; null = not by itself. */
  retryInMs: number | null;
  isError: boolean;
}

/** When a new token is to be refreshed, from now in ms; `expiresInMs` null = nobody said: only on demand. */
export function planNextRefresh(expiresInMs: number | null): number | null {
  if (expiresInMs === null) return null;
  const delayMs = expiresInMs - Math.min(REFRESH_AHEAD_MS, expiresInMs / 2);
  return Math.round(Math.min(Math.max(delayMs, DELAY_MS_MIN), DELAY_MS_MAX));
}

/** After so many failures in a row (≥ 1), this one included; `retryAfterMs`: what the endpoint asked for. */
export function planRefreshRetry(failures: number, retryAfterMs: number | null = null): RefreshRetry {
  const isError = failures >= REFRESH_FAILURES_MAX;
  if (failures >= TRIES_MAX) return { retryInMs: null, isError };
  const slowMs = SLOW_RETRY_MS * 2 ** Math.max(0, failures - REFRESH_FAILURES_MAX);
  const backOffMs = Math.min(RETRY_MS[failures - 1] ?? slowMs, RETRY_MS_MAX);
  return { retryInMs: Math.max(backOffMs, Math.min(retryAfterMs ?? 0, RETRY_MS_MAX)), isError };
}
