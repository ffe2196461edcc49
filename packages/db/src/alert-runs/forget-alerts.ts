import type postgres from 'postgres';
import type { Database } from '../open-database.ts';

/** A statement holds its locks for as long as it takes. */
const BATCH_ROWS = 1_000;

/**
 * Deletes events that were over more than `days` ago, with their messages, and tests of channels as old; gives how many
 * of both. What still fires, or has a message that waits to be sent, stays. Any number of callers may run at once. By
 * Postgres' clock.
 */
export async function forgetAlerts(db: Database, days: number): Promise<number> {
  const events = await deleteAll(
    () => db.sql`
    delete from alert_events where id in (
      select id from alert_events
      where state = 'resolved' and fired_at < now() - ${days} * interval '1 day'
        and resolved_at < now() - ${days} * interval '1 day'
        and not exists (
          select from alert_deliveries where event_id = alert_events.id and alert_deliveries.state = 'waiting')
      order by id limit ${BATCH_ROWS} for update skip locked)`,
  );
  const tests = await deleteAll(
    () => db.sql`
    delete from alert_deliveries where id in (
      select id from alert_deliveries
      where kind = 'test' and state <> 'waiting' and created_at < now() - ${days} * interval '1 day'
      order by id limit ${BATCH_ROWS} for update skip locked)`,
  );
  return events + tests;
}

async function deleteAll(deleteBatch: () => Promise<postgres.RowList<postgres.Row[]>>): Promise<number> {
  for (let total = 0; ;) {
    const { count } = await deleteBatch();
    total += count;
    if (count < BATCH_ROWS) return total;
  }
}
