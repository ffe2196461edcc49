const UNIT_MS: Readonly<Record<string, number>> = {
  ns: 1e-6,
  us: 1e-3,
  µs: 1e-3,
  μs: 1e-3,
  ms: 1,
  s: 1000,
  m: 60_000,
  h: 3_600_000,
  d: 86_400_000,
};
/** Two spellings of the micro sign, as in Go's time.ParseDuration. */
const PART = /(\d{1,15}(?:\.\d{0,15})?)(ns|us|µs|μs|ms|s|m|h|d)/gu;
const DURATION = /^(?:\d{1,15}(?:\.\d{0,15})?(?:ns|us|µs|μs|ms|s|m|h|d)){1,8}$/u;

/**
 * A duration as Go and protobuf's JSON write it, in ms (may have fractions): `6ms`, `1m12.5s`, `3.9s`, `1h2m3s`;
 * also `1d`, which vendors write in texts. null for anything else, a sign included.
 */
export function parseDurationMs(text: string): number | null {
  const trimmed = text.trim();
  if (!DURATION.test(trimmed)) return null;
  let totalMs = 0;
  for (const [, amount, unit] of trimmed.matchAll(PART)) {
    totalMs += Number(amount) * (UNIT_MS[unit ?? ''] ?? 0);
  }
  return totalMs;
}
