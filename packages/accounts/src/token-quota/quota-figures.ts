/** LIM-10: a period begins with its reset and lasts seven days. */
export const QUOTA_PERIOD_MS = 7 * 24 * 3_600_000;
/** How long figures that were read from the database may decide. */
export const QUOTA_SNAPSHOT_MS = 60_000;
/** A shorter flag would not spare the database anything. */
export const QUOTA_FLAG_MS_MIN = 30_000;

/** A user's quota as the database has it. Whole tokens; times are wall clock, ms since 1970 UTC. */
export interface QuotaFigures {
  /** 0 = no quota. */
  tokenLimit: number;
  tokenUsage: number;
  /** null = never: the first period is due. */
  lastResetAtMs: number | null;
}

/** More than the limit is over; exactly the limit is not. */
export function isOverQuota({ tokenLimit, tokenUsage }: QuotaFigures): boolean {
  return tokenLimit > 0 && tokenUsage > tokenLimit;
}

/** The period has ended and a new one must be begun, by whoever comes first. */
export function isResetDue({ tokenLimit, lastResetAtMs }: QuotaFigures, nowMs: number): boolean {
  return tokenLimit > 0 && (lastResetAtMs === null || lastResetAtMs + QUOTA_PERIOD_MS <= nowMs);
}

/** False for what no database should say (negative, NaN, missing): then nobody knows whether there is quota left. */
export function hasUsableFigures({ tokenLimit, tokenUsage, lastResetAtMs }: QuotaFigures): boolean {
  return [tokenLimit, tokenUsage, lastResetAtMs ?? 0].every(
    (figure) => Number.isFinite(figure) && figure >= 0,
  );
}

/**
 * How long a user who is over has to wait, in whole ms: until the next reset. At least 30 s and at most a
 * period, also where the clocks of node and database differ.
 */
export function findQuotaWaitMs({ lastResetAtMs }: QuotaFigures, nowMs: number): number {
  const waitMs = Math.ceil((lastResetAtMs ?? nowMs) + QUOTA_PERIOD_MS - nowMs);
  return Math.min(Math.max(waitMs, QUOTA_FLAG_MS_MIN), QUOTA_PERIOD_MS);
}
