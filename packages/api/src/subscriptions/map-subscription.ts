import { SUBSCRIPTION_WINDOW_MS } from '@tollgate/core';
import type { schema } from '@tollgate/db';
import { showWindow } from '../windows/show-window.ts';
import type { Subscription, SubscriptionState } from './subscription-schemas.ts';

export type SubscriptionRow = typeof schema.subscriptions.$inferSelect;

export interface FoundSubscription {
  row: SubscriptionRow;
  userEmail: string;
  groupName: string;
  limitDay: string | null;
  limitWeek: string | null;
  limitMonth: string | null;
}

/** A row as the API shows it at `nowMs`. */
export function mapSubscription(found: FoundSubscription, nowMs: number): Subscription {
  const { row, userEmail, groupName } = found;
  const { day, week, month } = SUBSCRIPTION_WINDOW_MS;
  return {
    id: row.id,
    userId: row.userId,
    userEmail,
    groupId: row.groupId,
    groupName,
    startsAt: row.startsAt.toISOString(),
    expiresAt: row.expiresAt.toISOString(),
    state: selectState(row, nowMs),
    windows: {
      day: showWindow(
        { limit: found.limitDay, spent: row.daySpent, startedAt: row.dayStartedAt },
        day,
        nowMs,
      ),
      week: showWindow(
        { limit: found.limitWeek, spent: row.weekSpent, startedAt: row.weekStartedAt },
        week,
        nowMs,
      ),
      month: showWindow(
        { limit: found.limitMonth, spent: row.monthSpent, startedAt: row.monthStartedAt },
        month,
        nowMs,
      ),
    },
    note: row.note,
    createdAt: row.createdAt.toISOString(),
    updatedAt: row.updatedAt.toISOString(),
  };
}

/** By time, not by a job: an end that has come needs nobody to write it down. */
export function selectState(
  row: Pick<SubscriptionRow, 'status' | 'startsAt' | 'expiresAt'>,
  nowMs: number,
): SubscriptionState {
  if (row.status === 'revoked') return 'revoked';
  if (row.expiresAt.getTime() <= nowMs) return 'expired';
  if (row.status === 'suspended') return 'suspended';
  return row.startsAt.getTime() > nowMs ? 'pending' : 'active';
}
