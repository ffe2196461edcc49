import type { UpstreamWindow } from '@tollgate/core';

const FIVE_HOURS_MINUTES = 300;
/** Upstreams round ends to seconds, and clocks differ: nearer than this is the same window. */
export const END_TOLERANCE_MS = 60_000;

/** The end of the five-hour window, ms since 1970; null when none is named. */
export function select5hEnd(windows: readonly UpstreamWindow[]): number | null {
  const window = windows.find(
    ({ name, windowMinutes }) => name === '5h' || windowMinutes === FIVE_HOURS_MINUTES,
  );
  return window?.resetsAtMs ?? null;
}
