import { createId } from '@tollgate/core';
import type postgres from 'postgres';
import type { Database } from '../open-database.ts';
import type { AlertDeliveryClaim } from './claim-deliveries.ts';

export type AlertDeliveryEnd =
  /** `fault`: what went wrong for some of its readers; null = nothing. */
  | { kind: 'sent'; fault: string | null }
  /** It failed and is tried again. `fault`: without secrets. */
  | { kind: 'later'; fault: string; retryAfterMs: number }
  /** Given up; the rule's fallback channel gets it, if there is one and this was none. */
  | { kind: 'failed'; fault: string }
  /** Not tried: it is free for others at once. */
  | { kind: 'returned' };

/** false = the claim was somebody else's by now, and nothing was written. */
export function endDelivery(
  db: Database,
  claim: Pick<AlertDeliveryClaim, 'id' | 'token'>,
  end: AlertDeliveryEnd,
  nowMs: number,
): Promise<boolean> {
  return db.sql.begin(async (tx) => {
    const isOurs = tx`id = ${claim.id} and state = 'waiting'
      and (extract(epoch from next_try_at) * 1000000)::bigint = ${claim.token}::text::bigint`;
    const { count } = await tx`update alert_deliveries set ${buildChange(tx, end)} where ${isOurs}`;
    if (count > 0 && end.kind === 'failed') await addFallback(tx, claim.id, nowMs);
    return count > 0;
  });
}

function buildChange(
  tx: postgres.TransactionSql,
  end: AlertDeliveryEnd,
): postgres.PendingQuery<postgres.Row[]> {
  switch (end.kind) {
    case 'sent':
      return tx`state = 'sent', sent_at = now(), last_error = coalesce(${end.fault}::text, last_error)`;
    case 'later':
      return tx`tries = tries + 1, last_error = ${end.fault},
        next_try_at = now() + ${end.retryAfterMs}::float8 * interval '1 ms'`;
    case 'failed':
      return tx`state = 'failed', tries = tries + 1, last_error = ${end.fault}`;
    case 'returned':
      return tx`next_try_at = now()`;
  }
}

/** Once for each event and kind, and only while the rule names another channel that is in use. */
async function addFallback(tx: postgres.TransactionSql, deliveryId: string, nowMs: number): Promise<void> {
  await tx`
    insert into alert_deliveries (id, event_id, kind, channel_id, channel_name, is_fallback)
    select ${createId('alertDelivery', nowMs)}, d.event_id, d.kind, c.id, c.name, true
    from alert_deliveries d
    join alert_events e on e.id = d.event_id
    join alert_rules r on r.id = e.rule_id
    join alert_channels c on c.id = r.fallback_channel_id
    where d.id = ${deliveryId} and not d.is_fallback and c.is_enabled and c.id is distinct from d.channel_id
      and not exists (
        select from alert_deliveries o where o.event_id = d.event_id and o.kind = d.kind and o.channel_id = c.id
      )`;
}
