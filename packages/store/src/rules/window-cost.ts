import type { PicoUsd } from '@tollgate/core';
import type { AccountCandidate } from '../account-port.ts';

/** LIM-8: who may still go on an account. */
export type CostBand = 'open' | 'sticky-only' | 'closed';

const HOUR_MS = 3_600_000;
const WINDOW_MS = 5 * HOUR_MS;
/** An upstream's clock may be this much ahead; a window that begins later has cost nothing yet and is no statement. */
const CLOCK_SKEW_MS = 60_000;

/** Below the limit open, from there up to limit + reserve for sticky sessions, above that closed. */
export function mapCostBand(
  spent: PicoUsd,
  { limit, reserve }: NonNullable<AccountCandidate['windowCost']>,
): CostBand {
  if (spent < BigInt(limit)) return 'open';
  return spent <= BigInt(limit) + BigInt(reserve) ? 'sticky-only' : 'closed';
}

/**
 * The window whose cost is asked for: the five hours that end when the upstream says so, else five hours from the
 * top of the present hour.
 */
export function selectCostWindow(
  nowMs: number,
  resetsAtMs: number | null,
): { startMs: number; endMs: number } {
  const isStated =
    resetsAtMs !== null && resetsAtMs > nowMs && resetsAtMs <= nowMs + WINDOW_MS + CLOCK_SKEW_MS;
  if (isStated) return { startMs: resetsAtMs - WINDOW_MS, endMs: resetsAtMs };
  const startMs = nowMs - (nowMs % HOUR_MS);
  return { startMs, endMs: startMs + WINDOW_MS };
}
