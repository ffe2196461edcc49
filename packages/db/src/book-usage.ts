import { getTableColumns } from 'drizzle-orm';
import { silentLogger, type AttemptOutcome, type Logger } from '@tollgate/core';
import { buildUsageRow, type UsageRow } from './build-usage-row.ts';
import type { Database } from './open-database.ts';
import { usage } from './schema/index.ts';

/** Where closed attempts go; the journal's port has the same shape. */
export interface UsageSink {
  /** Books a batch entirely or not at all; a fault rejects, and the same batch may be sent again. */
  book(batch: readonly AttemptOutcome[]): Promise<void>;
}

/**
 * Books attempts into Postgres, each once, whoever sends it and how often: usage row, ledger row, the user's
 * balance and token usage move in one transaction (MON-5). A row that says `unknown` is replaced by a later one that
 * knows more; nothing else ever changes. A user that is gone has a usage row and no ledger row: there is no
 * balance to move. Fields that do not fit are mended, and the logger hears of it.
 */
export function createUsageSink(db: Database, logger: Logger = silentLogger): UsageSink {
  return {
    async book(batch) {
      const rows = buildRows(batch, logger);
      if (rows.length > 0) await db.sql.unsafe(BOOK, [JSON.stringify(rows)], { prepare: true });
    },
  };
}

function buildRows(batch: readonly AttemptOutcome[], logger: Logger): UsageRow[] {
  const rows = new Map<string, UsageRow>();
  for (const outcome of batch) {
    const mended: string[] = [];
    const row = buildUsageRow(outcome, (field) => mended.push(field));
    if (mended.length > 0) {
      logger.warn({ attemptId: row.attemptId, fields: mended }, 'an attempt was booked with changed fields');
    }
    // One statement may not meet a row twice, so the rule of ON CONFLICT is applied inside the batch here.
    const earlier = rows.get(row.attemptId);
    if (!earlier || (earlier.state === 'unknown' && row.state !== 'unknown')) rows.set(row.attemptId, row);
  }
  return [...rows.values()];
}

const columns = Object.entries(getTableColumns(usage));
const names = columns.map(([, column]) => column.name);

/**
 * What an attempt counts against the token quota (LIM-10): every token that was billed, cached or not. Attempts
 * that failed are billed to nobody, and of unknown ones nobody knows: their figures count when they are known.
 */
const TOKENS = `case when usage.state in ('settled', 'estimated') then
      input_tokens::bigint + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
      + output_tokens + tool_prompt_tokens else 0 end`;

/**
 * One statement, so one round trip and one transaction, which no lost connection can cut in two. Users are
 * locked first and in the order of their ids (asking for their count makes the other parts wait for it), and
 * attempts go in in the order of theirs: two shippers wait for each other, never in a circle.
 */
const BOOK = `
  with incoming as (
    select * from jsonb_to_recordset($1::text::jsonb)
      as row (${columns.map(([field, column]) => `"${field}" ${column.getSQLType()}`).join(', ')})
  ), locked as materialized (
    select id from users where id in (select "userId" from incoming) order by id for no key update
  ), booked as (
    insert into usage (${names.join(', ')})
    select ${columns.map(([field]) => `"${field}"`).join(', ')} from incoming
    where (select count(*) from locked) >= 0
    order by "attemptId"
    on conflict (attempt_id) do update
      set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
      where usage.state = 'unknown' and excluded.state <> 'unknown'
    returning attempt_id, user_id, actual_cost, ${TOKENS} as tokens
  ), moved as (
    insert into ledger (id, user_id, kind, amount, attempt_id)
    select 'led_' || regexp_replace(attempt_id, '^att_', ''), user_id, 'use', -actual_cost, attempt_id
    from booked join locked on locked.id = user_id
    where actual_cost > 0
    on conflict do nothing
    returning user_id, amount
  ), counted as (
    select user_id, sum(tokens) as tokens from booked group by user_id
  )
  update users set balance = balance + coalesce(total.amount, 0), token_usage = token_usage + counted.tokens
  from counted
  left join (select user_id, sum(amount) as amount from moved group by user_id) total using (user_id)
  where users.id = counted.user_id and (total.amount is not null or counted.tokens > 0)`;
