/** USD; null = no notice is wanted. In the scope of a row of users. */
const THRESHOLD = 'coalesce(low_balance_threshold, total_recharged * low_balance_percent / 100)';

/** True where a balance comes down to the threshold, or below (MON-11). */
export function buildCrossing(before: string, after: string): string {
  return `coalesce(${before} > ${THRESHOLD} and ${after} <= ${THRESHOLD}, false)`;
}

/** The detail of the notice, where `balance` is what it came down to. */
export const LOW_BALANCE_DETAIL = `jsonb_build_object(
      'balance', trim_scale(balance)::text, 'threshold', trim_scale(${THRESHOLD})::text)`;
