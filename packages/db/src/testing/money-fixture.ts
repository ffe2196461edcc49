import type { KeyId, SubscriptionId, UserId } from '@tollgate/core';
import type { Database } from '../open-database.ts';
import { groups, keys, subscriptions, users } from '../schema/index.ts';

export const MONEY_USERS = ['usr_1', 'usr_2'] as const;

/** What `usr_1` or `usr_2` pays with. */
export function buildPayer(userId: string, fromSubscription = false) {
  const n = userId.slice('usr_'.length);
  return {
    userId: userId as UserId,
    keyId: `key_${n}` as KeyId,
    subscriptionId: fromSubscription ? (`sub_${n}` as SubscriptionId) : null,
  };
}

/** Empty books, and two users with one key and one subscription each. */
export async function resetMoney(db: Database): Promise<void> {
  await db.sql`truncate usage, usage_hourly, ledger, notices, outbox`;
  await db.sql`delete from users`;
  await db.sql`delete from groups`;
  await db.insert(groups).values({ id: 'grp_1', name: 'one', platform: 'anthropic' });
  for (const userId of MONEY_USERS) {
    const { keyId, subscriptionId } = buildPayer(userId, true);
    await db.insert(users).values({ id: userId, email: `${userId}@example.com` });
    const hash = userId.slice('usr_'.length).padStart(64, '0');
    await db.insert(keys).values({ id: keyId, userId, name: 'k', hash, prefix: 'sk' });
    await db.insert(subscriptions).values({
      id: subscriptionId ?? '',
      userId,
      groupId: 'grp_1',
      startsAt: new Date('2020-01-01'),
      expiresAt: new Date('2090-01-01'),
    });
  }
}
