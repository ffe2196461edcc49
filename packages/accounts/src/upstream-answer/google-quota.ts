import { parseResetTime } from '@tollgate/protocol';

/**
 * Google's error details are read by pattern, not as JSON: they come as an object, as an array of one, inside a
 * string of another error, and cut where the body was cut. Keys are distinctive enough for that.
 */
const RETRY_DELAY = /retryDelay\\*"\s*:\s*\\*"([0-9.hms]{1,32})/u;
/** `GenerateRequestsPerDayPerProjectPerModel-FreeTier`, `…_per_day`, "requests per day". */
const PER_DAY = /per[ _-]?day/iu;

/** `RetryInfo.retryDelay` (`"3.957525076s"`) as ms to wait; null where there is none. */
export function readQuotaDelayMs(bodyHead: string): number | null {
  return parseResetTime(RETRY_DELAY.exec(bodyHead)?.[1] ?? '', 0);
}

/** True when the quota that ran out is one per day, which ends at midnight in California. */
export function isDailyQuota(bodyHead: string): boolean {
  return PER_DAY.test(bodyHead);
}
