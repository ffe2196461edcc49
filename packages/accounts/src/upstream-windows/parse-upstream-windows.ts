import type { UpstreamWindow } from '@tollgate/core';
import { parseResetTime, type HeaderRecord } from '@tollgate/protocol';

/** Anthropic's names say the lengths, Codex states them. */
const ANTHROPIC_WINDOWS = [
  { name: '5h', windowMinutes: 300 },
  { name: '7d', windowMinutes: 10_080 },
] as const;
const CODEX_WINDOWS = ['primary', 'secondary'] as const;
/** A hundred times the window: beyond is no statement. */
const UTILIZATION_MAX = 100;
const WINDOW_MINUTES_MAX = 366 * 24 * 60;

/**
 * What an answer's headers say of the account's subscription windows (ACC-5), bad answers included:
 * `anthropic-ratelimit-unified-{5h,7d}-{utilization,reset,status}` and
 * `x-codex-{primary,secondary}-{used-percent,reset-at,reset-after-seconds,window-minutes}`. A window of which
 * nothing readable is said is left out. `nowMs`: wall clock.
 */
export function parseUpstreamWindows(headers: HeaderRecord, nowMs: number): UpstreamWindow[] {
  const windows = [
    ...ANTHROPIC_WINDOWS.map((window) => parseAnthropicWindow(headers, window, nowMs)),
    ...CODEX_WINDOWS.map((name) => parseCodexWindow(headers, name, nowMs)),
  ];
  return windows.filter(
    ({ utilization, resetsAtMs, status }) => utilization !== null || resetsAtMs !== null || status !== null,
  );
}

function parseAnthropicWindow(
  headers: HeaderRecord,
  { name, windowMinutes }: (typeof ANTHROPIC_WINDOWS)[number],
  nowMs: number,
): UpstreamWindow {
  const prefix = `anthropic-ratelimit-unified-${name}`;
  return {
    name,
    utilization: parseBounded(headers[`${prefix}-utilization`], UTILIZATION_MAX),
    resetsAtMs: parseMoment(headers[`${prefix}-reset`], nowMs),
    status: parseStatus(headers[`${prefix}-status`]),
    windowMinutes,
  };
}

function parseCodexWindow(
  headers: HeaderRecord,
  name: (typeof CODEX_WINDOWS)[number],
  nowMs: number,
): UpstreamWindow {
  const prefix = `x-codex-${name}`;
  const percent = parseBounded(headers[`${prefix}-used-percent`], UTILIZATION_MAX * 100);
  return {
    name,
    utilization: percent === null ? null : percent / 100,
    resetsAtMs:
      parseMoment(headers[`${prefix}-reset-at`], nowMs) ??
      parseMoment(headers[`${prefix}-reset-after-seconds`], nowMs),
    status: null,
    windowMinutes: parseBounded(headers[`${prefix}-window-minutes`], WINDOW_MINUTES_MAX),
  };
}

function parseMoment(text: string | undefined, nowMs: number): number | null {
  const waitMs = text === undefined ? null : parseResetTime(text, nowMs);
  return waitMs === null ? null : nowMs + waitMs;
}

function parseBounded(text: string | undefined, max: number): number | null {
  if (text === undefined || !/^\d{1,15}(?:\.\d{1,20})?$/u.test(text.trim())) return null;
  return Number(text) > max ? null : Number(text);
}

function parseStatus(text: string | undefined): UpstreamWindow['status'] {
  return text === 'allowed' || text === 'allowed_warning' || text === 'rejected' ? text : null;
}
