/** A date that begins with the day's name (RFC 9110 §5.6.7, all three forms), as ms since 1970 UTC; else null. */
export function parseHttpDateMs(text: string): number | null {
  if (!/^[A-Za-z]{3,9},? /u.test(text)) return null;
  const atMs = Date.parse(text);
  return Number.isNaN(atMs) ? null : atMs;
}
