import { limitWaitMs } from './limit-wait.ts';
import { parseDurationMs } from './parse-duration.ts';
import { parseHttpDateMs } from './parse-http-date.ts';
import { parseRfc3339Ms } from './parse-rfc3339.ts';

/** Seconds since 1970 from here on (September 2001); a smaller number can only be seconds to wait. */
const EPOCH_SECONDS_MIN = 1e9;
/** Vendors have sent ms where seconds were meant: as seconds this would be the year 33658. */
const EPOCH_MS_MIN = 1e12;

/**
 * A reset header's value as the ms to wait from `nowMs` (wall clock), whole, 0 (already past) to seven days.
 * Takes RFC 3339, seconds since 1970 (and ms by mistake), Go durations, plain seconds and HTTP dates; null for
 * anything else.
 */
export function parseResetTime(text: string, nowMs: number): number | null {
  const atMs = parseMomentMs(text);
  if (atMs !== null) return limitWaitMs(atMs - nowMs);
  const waitMs = parseDurationMs(text) ?? parseSecondsMs(text);
  return waitMs === null ? null : limitWaitMs(waitMs);
}

function parseMomentMs(text: string): number | null {
  const number = parseNumber(text);
  if (number === null) return parseRfc3339Ms(text) ?? parseHttpDateMs(text.trim());
  if (number >= EPOCH_MS_MIN) return number;
  return number >= EPOCH_SECONDS_MIN ? number * 1000 : null;
}

function parseSecondsMs(text: string): number | null {
  const seconds = parseNumber(text);
  return seconds === null ? null : seconds * 1000;
}

function parseNumber(text: string): number | null {
  return /^\d{1,30}(?:\.\d{1,15})?$/u.test(text.trim()) ? Number(text) : null;
}
