/** A window as columns: when it began, what is spent in it, how long it lasts. */
interface WindowColumns {
  startedAt: string;
  spent: string;
  lasts: string;
}

const KEY_WINDOWS: readonly WindowColumns[] = [
  { startedAt: 'started_5h', spent: 'spent_5h', lasts: '5 hours' },
  { startedAt: 'started_1d', spent: 'spent_1d', lasts: '24 hours' },
  { startedAt: 'started_7d', spent: 'spent_7d', lasts: '168 hours' },
];

const SUBSCRIPTION_WINDOWS: readonly WindowColumns[] = [
  { startedAt: 'day_started_at', spent: 'day_spent', lasts: '24 hours' },
  { startedAt: 'week_started_at', spent: 'week_spent', lasts: '168 hours' },
  { startedAt: 'month_started_at', spent: 'month_spent', lasts: '720 hours' },
];

/** LIM-9: the quota and windows of keys move with each cost, whoever pays it. `source` names rows with a cost. */
export function buildKeyParts(source: string): string {
  return `key_use as (
    select key_id, user_id, ${USE} from ${source} group by key_id, user_id
  ), moved_keys as (
    update keys set spent_total = spent_total + cost, ${KEY_WINDOWS.map(buildAssignments).join(', ')}
    from key_use where keys.id = key_use.key_id and keys.user_id = key_use.user_id
  )`;
}

/** MON-9 */
export function buildSubscriptionParts(source: string): string {
  return `subscription_use as (
    select subscription_id, user_id, ${USE} from ${source}
    where subscription_id is not null group by subscription_id, user_id
  ), moved_subscriptions as (
    update subscriptions set ${SUBSCRIPTION_WINDOWS.map(buildAssignments).join(', ')}
    from subscription_use
    where subscriptions.id = subscription_use.subscription_id
      and subscriptions.user_id = subscription_use.user_id
  )`;
}

const USE = `sum(actual_cost) as cost, min(at) as first_at, max(at) as last_at,
      array_agg(at order by at) as moments, array_agg(actual_cost order by at) as costs`;

/**
 * The rule is that of tollgate_advance_window (see the migration, and docs/money.md). Nearly always all costs lie in
 * the present window, which needs no function.
 */
function buildAssignments({ startedAt, spent, lasts }: WindowColumns): string {
  return `(${startedAt}, ${spent}) = (
      select w.started_at, w.spent from (select ${startedAt}, ${spent} + cost
        where ${startedAt} <= first_at and last_at < ${startedAt} + interval '${lasts}'
        union all select a.started_at, a.spent
        from tollgate_advance_window(${startedAt}, ${spent}, interval '${lasts}', moments, costs, now()) a
        where (${startedAt} <= first_at and last_at < ${startedAt} + interval '${lasts}') is not true
      ) w (started_at, spent))`;
}
