/** Windows of a subscription's limits (MON-9). */
export type SubscriptionWindow = 'day' | 'week' | 'month';
/** Limits of a key (LIM-9); `total` is a quota, no window: it never begins anew. */
export type KeyWindow = 'total' | '5h' | '1d' | '7d';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

/** How long a window lasts from its first use. */
export const SUBSCRIPTION_WINDOW_MS: Readonly<Record<SubscriptionWindow, number>> = Object.freeze({
  day: DAY_MS,
  week: 7 * DAY_MS,
  month: 30 * DAY_MS,
});

/** How long a window lasts from its first use; a quota has no end. */
export const KEY_WINDOW_MS: Readonly<Record<Exclude<KeyWindow, 'total'>, number>> = Object.freeze({
  '5h': 5 * HOUR_MS,
  '1d': DAY_MS,
  '7d': 7 * DAY_MS,
});
