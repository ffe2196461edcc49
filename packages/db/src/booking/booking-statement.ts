import { LINES_SOURCE, ROWS_SOURCE, SENT_COLUMNS, SENT_FIELDS } from './booking-source.ts';
import { HOURLY_PARTS } from './hourly-parts.ts';
import { buildCrossing, LOW_BALANCE_DETAIL } from './low-balance.ts';
import { buildKeyParts, buildSubscriptionParts } from './window-parts.ts';

/**
 * What an attempt counts against the token quota (LIM-10): every token that was billed, cached or not. Attempts
 * that failed are billed to nobody, and of unknown ones nobody knows: their figures count when they are known.
 */
const TOKENS = `case when usage.state in ('settled', 'estimated') then
      input_tokens::bigint + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
      + output_tokens + tool_prompt_tokens else 0 end`;

/** What a subscription pays is in no ledger: it moves no balance. */
const LEDGER_PARTS = `moved as (
    insert into ledger (id, user_id, kind, amount, attempt_id)
    select 'led_' || regexp_replace(attempt_id, '^att_', ''), user_id, 'use', -actual_cost, attempt_id
    from booked join locked on locked.id = user_id
    where actual_cost > 0 and subscription_id is null
    on conflict do nothing
    returning user_id, amount
  )`;

const USER_PARTS = `counted as (
    select user_id, sum(tokens) as tokens from booked group by user_id
  ), debited as (
    select user_id, sum(amount) as amount from moved group by user_id
  ), debited_users as (
    update users set balance = balance + coalesce(amount, 0), token_usage = token_usage + tokens,
      low_balance_notified_at = case when low_balance_notified_at is null
        and ${buildCrossing('balance', 'balance + amount')} then now() else low_balance_notified_at end
    from counted left join debited using (user_id)
    where users.id = counted.user_id and (amount is not null or tokens > 0)
    returning users.*, amount
  ), noticed as (
    insert into notices (user_id, kind, detail)
    select id, 'low-balance', ${LOW_BALANCE_DETAIL} from debited_users
    where low_balance_notified_at = now() and ${buildCrossing('balance - amount', 'balance')}
  )`;

/** `$1`: a JSON array of rows, `$2`: the process that books, or null. */
export const BOOK_ROWS = buildStatement(ROWS_SOURCE);
/** `$1`: lines, `$2`: the process that books, or null. */
export const BOOK_LINES = buildStatement(LINES_SOURCE);

/**
 * One statement, so one round trip and one transaction, which no lost connection can cut in two. It may not meet a
 * row twice, so the rule of its ON CONFLICT is applied inside the batch first. Users are
 * locked first and in the order of their ids (asking for their count makes the other parts wait for it), and
 * attempts go in in the order of theirs: two shippers wait for each other, never in a circle. Keys and subscriptions
 * belong to a user, so whoever has the user's lock moves them alone. Figures move relative to what the row holds
 * when its lock is there, which may be newer than what the statement saw at its begin. Windows take no moment that is
 * still to come: one that a wrong clock begins in the year 9999 would never end.
 */
function buildStatement(source: string): string {
  const fields = SENT_FIELDS.map((field) => `"${field}"`).join(', ');
  const replaced = SENT_COLUMNS.map((name) => `${name} = excluded.${name}`).join(', ');
  return `
  with sent as (${source}
  ), incoming as materialized (
    select distinct on ("attemptId") * from sent order by "attemptId", state = 'unknown', "n"
  ), locked as materialized (
    select id from users where id in (select "userId" from incoming) order by id for no key update
  ), booked as (
    insert into usage (${SENT_COLUMNS.join(', ')})
    select ${fields} from incoming
    where (select count(*) from locked) >= 0
    order by "attemptId"
    on conflict (attempt_id, at) do update
      set ${replaced}, was_unknown = true
      where usage.state = 'unknown' and excluded.state <> 'unknown'
    returning usage.*, ${TOKENS} as tokens
  ), spent as (
    select user_id, key_id, subscription_id, least(at, now()) as at, actual_cost from booked where actual_cost > 0
  ), ${LEDGER_PARTS}, ${buildSubscriptionParts('spent')}, ${buildKeyParts('spent')}, ${HOURLY_PARTS}, ${USER_PARTS}
  insert into outbox (invalidation)
  select jsonb_build_object('scope', 'balance', 'userId', user_id)
  from booked where node_id <> $2 and actual_cost > 0 group by user_id order by user_id`;
}
