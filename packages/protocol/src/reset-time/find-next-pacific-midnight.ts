const PACIFIC = new Intl.DateTimeFormat('en-US', {
  timeZone: 'America/Los_Angeles',
  hourCycle: 'h23',
  year: 'numeric',
  month: 'numeric',
  day: 'numeric',
  hour: 'numeric',
});
const HOUR_MS = 3_600_000;

/**
 * The next midnight in California after `nowMs`, as ms since 1970 UTC: when Google's quotas per day begin anew.
 * On the days when the clocks change it is 23 or 25 hours away from the last one. A midnight itself is past.
 */
export function findNextPacificMidnightMs(nowMs: number): number {
  const { year, month, day } = readPacificClock(nowMs);
  const midnightMs = Date.UTC(year, month - 1, day + 1);
  // Pacific is 7 or 8 hours behind UTC, and changes at 2 o'clock, so one of the two is midnight there.
  const earlierMs = midnightMs + 7 * HOUR_MS;
  return readPacificClock(earlierMs).hour === 0 ? earlierMs : midnightMs + 8 * HOUR_MS;
}

function readPacificClock(atMs: number): { year: number; month: number; day: number; hour: number } {
  const parts = new Map(PACIFIC.formatToParts(atMs).map(({ type, value }) => [type, Number(value)]));
  const read = (type: Intl.DateTimeFormatPartTypes) => parts.get(type) ?? 0;
  return { year: read('year'), month: read('month'), day: read('day'), hour: read('hour') };
}
