import type { Database } from '../open-database.ts';
import type { LowBalanceDetail } from '../schema/index.ts';

/** A notice that this process alone sends for a while. */
export interface NoticeClaim {
  id: string;
  kind: 'low-balance';
  detail: LowBalanceDetail;
  /** Who has not got it yet; the user's own address comes first. */
  recipients: string[];
  /** Nobody has got it so far. */
  isUnread: boolean;
  /** This one included. Also what tells a claim from a later one of the same notice. */
  tries: number;
}

export interface ClaimOptions {
  /** After this, somebody else may claim it: the sender is gone. */
  leaseMs: number;
  /** Older ones are given up: what they say is no news. */
  ageMsMax: number;
}

interface ClaimRow extends Omit<NoticeClaim, 'recipients' | 'isUnread'> {
  pending: string[] | null;
  email: string;
  notice_emails: string[];
}

/**
 * The notice that is due first, claimed by moving its next try to the end of the lease; null = none is due. Any number
 * of processes may ask at once. What need not be said any more is given up on the way: its user is gone, was topped up,
 * or has a newer one.
 */
export async function claimNotice(db: Database, options: ClaimOptions): Promise<NoticeClaim | null> {
  await dropStale(db, options.ageMsMax);
  const [row] = await db.sql<ClaimRow[]>`
    with due as (
      select n.id from notices n
      where n.sent_at is null and n.failed_at is null and n.next_try_at <= now()
      order by n.next_try_at, n.id limit 1 for update skip locked
    )
    update notices set tries = tries + 1, next_try_at = now() + ${options.leaseMs} * interval '1 ms'
    from due, users u
    where notices.id = due.id and u.id = notices.user_id
    returning notices.id, notices.kind, notices.detail, notices.pending, notices.tries, u.email, u.notice_emails`;
  if (!row) return null;
  const { pending, email, notice_emails: others, ...claim } = row;
  const readers = [...new Set([email, ...others])];
  const recipients = pending ?? readers;
  return { ...claim, recipients, isUnread: recipients.length >= readers.length };
}

/** `at` of a notice is the moment at which the user was marked as told; a top-up takes the mark away. */
async function dropStale(db: Database, ageMsMax: number): Promise<void> {
  await db.sql`
    update notices n set failed_at = now(), fault = 'is no news any more'
    where n.sent_at is null and n.failed_at is null and n.next_try_at <= now() and (
      n.at < now() - ${ageMsMax} * interval '1 ms'
      or not exists (select from users u where u.id = n.user_id and u.low_balance_notified_at = n.at)
    )`;
}
