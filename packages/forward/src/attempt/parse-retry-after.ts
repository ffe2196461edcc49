/** Longer waits are no statement about a rate limit. */
const WAIT_MS_MAX = 31 * 24 * 3_600_000;

/**
 * How long the upstream asks to wait, in ms: `retry-after-ms`, else `retry-after` in seconds or as an HTTP date
 * (RFC 9110 §10.2.3). undefined when it says nothing sensible. `nowMs`: wall clock, for the date form.
 */
export function parseRetryAfterMs(headers: Record<string, string>, nowMs: number): number | undefined {
  return (
    limitWait(parseNumber(headers['retry-after-ms'])) ??
    limitWait(parseSeconds(headers['retry-after'])) ??
    limitWait(parseDate(headers['retry-after'], nowMs))
  );
}

function parseSeconds(text: string | undefined): number | undefined {
  const seconds = parseNumber(text);
  return seconds === undefined ? undefined : seconds * 1000;
}

function parseNumber(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+(\.\d+)?$/u.test(text.trim()) ? Number(text) : undefined;
}

function parseDate(text: string | undefined, nowMs: number): number | undefined {
  if (text === undefined || !/^[A-Za-z]{3,9},? /u.test(text)) return undefined;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? undefined : Math.max(0, atMs - nowMs);
}

function limitWait(waitMs: number | undefined): number | undefined {
  return waitMs === undefined ? undefined : Math.ceil(Math.min(waitMs, WAIT_MS_MAX));
}
