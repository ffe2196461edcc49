import { limitWaitMs } from './limit-wait.ts';
import { parseHttpDateMs } from './parse-http-date.ts';

/** Lower-case names. */
export type HeaderRecord = Readonly<Record<string, string | undefined>>;

/**
 * How long an upstream asks to wait, in whole ms: `retry-after-ms`, else `retry-after` in seconds or as an HTTP
 * date (RFC 9110 §10.2.3). null when it says nothing sensible. `nowMs`: wall clock, for the date form.
 * Anthropic sends `retry-after` with good answers as well: ask only for answers that are errors.
 */
export function parseRetryAfterMs(headers: HeaderRecord, nowMs: number): number | null {
  const waitMs = parseNumber(headers['retry-after-ms']);
  if (waitMs !== null) return limitWaitMs(waitMs);
  const text = headers['retry-after'] ?? '';
  const seconds = parseNumber(text);
  if (seconds !== null) return limitWaitMs(seconds * 1000);
  const atMs = parseHttpDateMs(text);
  return atMs === null ? null : limitWaitMs(atMs - nowMs);
}

function parseNumber(text: string | undefined): number | null {
  return text !== undefined && /^\d+(\.\d+)?$/u.test(text.trim()) ? Number(text) : null;
}
