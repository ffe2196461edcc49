import type { Database } from '../open-database.ts';
import type { NoticeClaim } from './claim-notice.ts';

/**
 * Writes down who is still to get it, and makes the lease longer. False = the claim is somebody else's by now, or the
 * notice is gone: then nothing may be sent.
 */
export async function keepNotice(
  db: Database,
  { id, tries }: NoticeClaim,
  pending: readonly string[],
  leaseMs: number,
): Promise<boolean> {
  const { count } = await db.sql`
    update notices set pending = ${JSON.stringify(pending)}::text::jsonb, next_try_at = now() + ${leaseMs} * interval '1 ms'
    where id = ${id} and tries = ${tries} and sent_at is null and failed_at is null`;
  return count > 0;
}

export type NoticeEnd =
  /** Nobody is left who is to get it. `fault`: what went wrong for some; null = nothing. */
  | { kind: 'sent'; fault: string | null }
  /** Tried again later for those in `pending`. */
  | { kind: 'later'; pending: readonly string[]; fault: string; retryAfterMs: number }
  /** `pending`: who never got it. */
  | { kind: 'failed'; pending: readonly string[]; fault: string };

/** A claim that was lost changes nothing. */
export async function endNotice(db: Database, { id, tries }: NoticeClaim, end: NoticeEnd): Promise<void> {
  const pending = end.kind === 'sent' ? [] : [...end.pending];
  const retryAfterMs = end.kind === 'later' ? end.retryAfterMs : 0;
  await db.sql`
    update notices set pending = ${JSON.stringify(pending)}::text::jsonb, fault = ${end.fault},
      next_try_at = now() + ${retryAfterMs} * interval '1 ms',
      sent_at = ${end.kind === 'sent' ? db.sql`now()` : null},
      failed_at = ${end.kind === 'failed' ? db.sql`now()` : null}
    where id = ${id} and tries = ${tries}`;
}
