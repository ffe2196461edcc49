import type { Database } from '@tollgate/db';
import { TRIES_REST_MS } from './sign-in-tries.ts';

/** Deletes what says nothing any more: nobody is let in or kept out by it. */
export async function forgetSignIns(db: Database): Promise<void> {
  await db.sql`delete from sessions where least(idle_expires_at, expires_at) <= now()`;
  await db.sql`delete from set_up_links where expires_at <= now()`;
  await db.sql`
    delete from sign_in_tries
    where last_at < now() - ${TRIES_REST_MS} * interval '1 ms' and blocked_until <= now()`;
}
