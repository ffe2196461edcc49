import type { Platform } from '@tollgate/core';
import {
  findNextPacificMidnightMs,
  parseResetTime,
  parseRetryAfterMs,
  parseWaitText,
  type HeaderRecord,
} from '@tollgate/protocol';
import { parseUpstreamWindows } from '../upstream-windows/parse-upstream-windows.ts';
import { isDailyQuota, readQuotaDelayMs } from './google-quota.ts';
import { readFamilyResetMs } from './read-family-reset.ts';
import { readUnifiedResetMs } from './read-unified-reset.ts';

/** Google's counters lag behind the turn of the day. */
const AFTER_MIDNIGHT_MS = 5 * 60_000;

export interface RateLimitAnswer {
  platform: Platform;
  /** Lower-case names. */
  headers: HeaderRecord;
  /** The beginning of the body, JSON or not. */
  bodyHead: string;
  /** Wall clock, ms since 1970 UTC. */
  nowMs: number;
}

export interface RateLimitReset {
  /** 0 to seven days. */
  waitMs: number;
  /** Where it was read, for the admin. */
  source: string;
}

/**
 * When a 429 says that its limit ends (ACC-3); null when nothing in it says so. The first source that speaks
 * counts, the exact ones before the guesses.
 */
export function findRateLimitReset(answer: RateLimitAnswer): RateLimitReset | null {
  for (const [source, read] of SOURCES) {
    const waitMs = read(answer);
    if (waitMs !== null) return { waitMs, source };
  }
  return null;
}

const SOURCES: readonly (readonly [source: string, read: (answer: RateLimitAnswer) => number | null])[] = [
  // Before the retry detail: with a quota per day Google states a retry of seconds, which never helps.
  ['quota per day', readDailyResetMs],
  ['anthropic-ratelimit-unified-reset', ({ headers, nowMs }) => readUnifiedResetMs(headers, nowMs)],
  ['retry-after', ({ headers, nowMs }) => parseRetryAfterMs(headers, nowMs)],
  ['anthropic-ratelimit-*-reset', ({ headers, nowMs }) => readFamilyResetMs(headers, 'anthropic', nowMs)],
  ['usage limit in the body', readUsageLimitMs],
  ['x-codex-*-reset-at', readCodexResetMs],
  ['x-ratelimit-reset-*', ({ headers, nowMs }) => readFamilyResetMs(headers, 'openai', nowMs)],
  ['retry detail in the body', ({ bodyHead }) => readQuotaDelayMs(bodyHead)],
  ['text of the error', ({ bodyHead }) => parseWaitText(bodyHead)],
];

function readDailyResetMs({ platform, bodyHead, nowMs }: RateLimitAnswer): number | null {
  const isGoogle = platform === 'gemini' || platform === 'antigravity';
  if (!isGoogle || !isDailyQuota(bodyHead)) return null;
  return findNextPacificMidnightMs(nowMs) - nowMs + AFTER_MIDNIGHT_MS;
}

/** Codex: `{"error":{"type":"usage_limit_reached","resets_at":…,"resets_in_seconds":…}}`. */
function readUsageLimitMs({ bodyHead, nowMs }: RateLimitAnswer): number | null {
  const [, text = ''] = /"resets_(?:in_seconds|at)"\s*:\s*(\d{1,20})/u.exec(bodyHead) ?? [];
  return parseResetTime(text, nowMs);
}

/** A window that is used up; with both used up the later end rules. */
function readCodexResetMs({ headers, nowMs }: RateLimitAnswer): number | null {
  const waits = parseUpstreamWindows(headers, nowMs)
    .filter(
      ({ name, utilization }) => (name === 'primary' || name === 'secondary') && (utilization ?? 0) >= 1,
    )
    .map(({ resetsAtMs }) => (resetsAtMs === null ? 0 : resetsAtMs - nowMs))
    .filter((waitMs) => waitMs > 0);
  return waits.length === 0 ? null : Math.max(...waits);
}
