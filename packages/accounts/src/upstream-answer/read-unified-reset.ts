import { parseResetTime, type HeaderRecord } from '@tollgate/protocol';

const PREFIX = 'anthropic-ratelimit-unified';
const WINDOW_STATUS = /^anthropic-ratelimit-unified-(.{1,40})-status$/u;

/**
 * When a subscription's limit ends, as ms to wait: the latest reset of the windows that say `rejected` (all of
 * them must be free again), else the common one. null when the answer says that the windows allow the request:
 * then this 429 is about something shorter, and their resets, hours away, must not cool the account down.
 */
export function readUnifiedResetMs(headers: HeaderRecord, nowMs: number): number | null {
  if (headers[`${PREFIX}-status`]?.startsWith('allowed') === true) return null;
  const waits = listRejectedWindows(headers)
    .map((window) => parseResetTime(headers[`${PREFIX}-${window}-reset`] ?? '', nowMs))
    .filter((waitMs) => waitMs !== null);
  return waits.length > 0 ? Math.max(...waits) : parseResetTime(headers[`${PREFIX}-reset`] ?? '', nowMs);
}

/** `overage` is no window of its own: it is rejected wherever an organisation has not bought it. */
function listRejectedWindows(headers: HeaderRecord): string[] {
  return Object.entries(headers)
    .filter(([, value]) => value === 'rejected')
    .map(([name]) => WINDOW_STATUS.exec(name)?.[1] ?? '')
    .filter((window) => window !== '' && window !== 'overage');
}
