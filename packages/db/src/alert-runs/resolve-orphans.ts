import type { Database } from '../open-database.ts';
import { addResolvedDeliveries } from './add-deliveries.ts';

/**
 * Ends events that no rule holds open any more, as it was deleted, and tells those who heard of them. Resolves to how
 * many there were.
 */
export function resolveOrphans(db: Database, nowMs: number): Promise<number> {
  return db.sql.begin(async (tx) => {
    const ended = await tx<{ id: string }[]>`
      update alert_events e set state = 'resolved', resolved_at = greatest(fired_at, now())
      where e.state = 'firing' and not exists (
        select from alert_rule_states s where s.rule_id = e.rule_id and s.event_id = e.id
      )
      returning e.id`;
    for (const { id } of ended) await addResolvedDeliveries(tx, nowMs, id);
    return ended.length;
  });
}
