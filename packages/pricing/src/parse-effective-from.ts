/** Seconds or milliseconds, UTC. */
const INSTANT = /^(\d{4}-\d{2}-\d{2})T\d{2}:\d{2}:\d{2}(?:\.\d{1,3})?Z$/;
const DAY = /^\d{4}-\d{2}-\d{2}$/;

/** `2026-11-21` (its beginning, UTC) or `2026-11-21T09:30:00Z` → ms since 1970. Throws RangeError on anything else. */
export function parseEffectiveFrom(text: string): number {
  const isDay = DAY.test(text);
  const day = isDay ? text : INSTANT.exec(text)?.[1];
  const atMs = day === undefined ? Number.NaN : Date.parse(isDay ? `${text}T00:00:00Z` : text);
  // 2026-02-30 parses in some engines, as March; and 24:00 as the next day.
  if (Number.isNaN(atMs) || new Date(atMs).toISOString().slice(0, 10) !== day) {
    throw new RangeError(`not a day or instant (UTC): ${text}`);
  }
  return atMs;
}
