import { getTableColumns } from 'drizzle-orm';
import {
  decodeOutcome,
  LINE_FIELDS,
  LINE_MARK,
  silentLogger,
  splitAttemptBatch,
  type AttemptBatch,
  type AttemptOutcome,
  type LineField,
  type Logger,
} from '@tollgate/core';
import { buildUsageRow, type UsageRow } from './build-usage-row.ts';
import type { Database } from './open-database.ts';
import { usage } from './schema/index.ts';

/** Where closed attempts go; the journal's port has the same shape. */
export interface UsageSink {
  /** Books a batch entirely or not at all; a fault rejects, and the same batch may be sent again. */
  book(batch: AttemptBatch): Promise<void>;
}

/** The batch holds what nobody can read; sent again, it will be refused again. */
export class UnreadableAttemptError extends Error {
  override readonly name = 'UnreadableAttemptError';
  readonly permanent = true;
}

/**
 * Books attempts into Postgres, each once, whoever sends it and how often: usage row, ledger row, the user's
 * balance and token usage move in one transaction (MON-5). A row that says `unknown` is replaced by a later one that
 * knows more; nothing else ever changes. A user that is gone has a usage row and no ledger row: there is no
 * balance to move. Lines go to Postgres as they are. A batch with anything else in it, or one whose values Postgres
 * refuses, is read: fields that do not fit are mended, and the logger hears of it.
 */
export function createUsageSink(db: Database, logger: Logger = silentLogger): UsageSink {
  return {
    async book(batch) {
      if (batch.count === 0) return;
      if (isLinesOnly(batch.text) && (await bookLines(db, batch.text))) return;
      const rows = buildRows(batch, logger);
      await db.sql.unsafe(BOOK_ROWS, [JSON.stringify(rows)], { prepare: true });
    },
  };
}

/** JSON, or a line of an earlier version. */
const OTHER_LINE = new RegExp(`\n(?!${LINE_MARK})`);

function isLinesOnly(text: string): boolean {
  return text.startsWith(LINE_MARK) && !OTHER_LINE.test(text);
}

/** False: Postgres refuses a value. All other faults reject. */
async function bookLines(db: Database, text: string): Promise<boolean> {
  try {
    await db.sql.unsafe(BOOK_LINES, [text], { prepare: true });
    return true;
  } catch (error) {
    if (isDataFault(error)) return false;
    throw error;
  }
}

/** Data exceptions, violated constraints, and texts beyond a limit of Postgres: classes 22, 23 and 54. */
function isDataFault(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(22|23|54)/.test(String(error.code));
}

function buildRows(batch: AttemptBatch, logger: Logger): UsageRow[] {
  return splitAttemptBatch(batch).map((text) => {
    const outcome = decodeOutcome(text);
    if (outcome === null) throw new UnreadableAttemptError('an attempt of the batch cannot be read');
    return buildRow(outcome, logger);
  });
}

function buildRow(outcome: AttemptOutcome, logger: Logger): UsageRow {
  const mended: string[] = [];
  const row = buildUsageRow(outcome, (field) => mended.push(field));
  if (mended.length > 0) {
    logger.warn({ attemptId: row.attemptId, fields: mended }, 'an attempt was booked with changed fields');
  }
  return row;
}

const { wasUnknown: _, ...sentColumns } = getTableColumns(usage);
const columns = Object.entries(sentColumns);
const names = columns.map(([, column]) => column.name);

/** `$1`: a JSON array of rows. */
const ROWS = `
  select * from rows from (jsonb_to_recordset($1::text::jsonb)
    as (${columns.map(([field, column]) => `"${field}" ${column.getSQLType()}`).join(', ')})
  ) with ordinality as row (${columns.map(([field]) => `"${field}"`).join(', ')}, "n")`;

/** `$1`: lines as in `attempt-line.ts` of the core. Split once: `offset 0` keeps the planner from doing it anew for each field. */
const LINES = `
  select ${columns.map(([field, column]) => `${readField(field as UsageField, column.getSQLType())} as "${field}"`).join(', ')}, "n"
  from (
    select string_to_array(line, e'\\t', e'\\\\N') as f, "n"
    from unnest(string_to_array($1::text, e'\\n')) with ordinality as line (line, "n")
    offset 0
  ) as fields`;

type UsageField = keyof UsageRow;

/** The SQL of one column; money in a line is whole pico-USD, a multiplier millionths, a time ms since 1970. */
function readField(field: UsageField, type: string): string {
  if (field === 'at') return readTime(`${at('atMs')}::bigint`);
  if (field === 'rateMultiplier') return `${at(field)}::numeric * 0.000001`;
  // Nobody knows yet what an unknown attempt cost.
  if (field === 'standardCost' || field === 'actualCost') {
    return `case when ${at('state')} = 'unknown' then 0 else ${at(field)}::numeric * 0.000000000001 end`;
  }
  return type === 'text' ? at(field) : `${at(field)}::${type}`;
}

/** Seconds and the rest apart: together they are beyond the digits of a float. */
function readTime(ms: string): string {
  return `to_timestamp(${ms} / 1000) + ${ms} % 1000 * interval '1 ms'`;
}

function at(field: LineField): string {
  return `f[${LINE_FIELDS.indexOf(field) + 1}]`;
}

/**
 * What an attempt counts against the token quota (LIM-10): every token that was billed, cached or not. Attempts
 * that failed are billed to nobody, and of unknown ones nobody knows: their figures count when they are known.
 */
const TOKENS = `case when usage.state in ('settled', 'estimated') then
      input_tokens::bigint + cache_read_tokens + cache_write_5m_tokens + cache_write_1h_tokens
      + output_tokens + tool_prompt_tokens else 0 end`;

const BOOK_ROWS = buildStatement(ROWS);
const BOOK_LINES = buildStatement(LINES);

/**
 * One statement, so one round trip and one transaction, which no lost connection can cut in two. It may not meet a
 * row twice, so the rule of its ON CONFLICT is applied inside the batch first. Users are
 * locked first and in the order of their ids (asking for their count makes the other parts wait for it), and
 * attempts go in in the order of theirs: two shippers wait for each other, never in a circle.
 */
function buildStatement(source: string): string {
  return `
  with sent as (${source}
  ), incoming as materialized (
    select distinct on ("attemptId") * from sent order by "attemptId", state = 'unknown', "n"
  ), locked as materialized (
    select id from users where id in (select "userId" from incoming) order by id for no key update
  ), booked as (
    insert into usage (${names.join(', ')})
    select ${columns.map(([field]) => `"${field}"`).join(', ')} from incoming
    where (select count(*) from locked) >= 0
    order by "attemptId"
    on conflict (attempt_id, at) do update
      set ${names.map((name) => `${name} = excluded.${name}`).join(', ')}
      where usage.state = 'unknown' and excluded.state <> 'unknown'
    returning attempt_id, user_id, subscription_id, actual_cost, ${TOKENS} as tokens
  ), moved as (
    insert into ledger (id, user_id, kind, amount, attempt_id)
    select 'led_' || regexp_replace(attempt_id, '^att_', ''), user_id, 'use', -actual_cost, attempt_id
    from booked join locked on locked.id = user_id
    where actual_cost > 0 and subscription_id is null
    on conflict do nothing
    returning user_id, amount
  ), counted as (
    select user_id, sum(tokens) as tokens from booked group by user_id
  )
  update users set balance = balance + coalesce(total.amount, 0), token_usage = token_usage + counted.tokens
  from counted
  left join (select user_id, sum(amount) as amount from moved group by user_id) total using (user_id)
  where users.id = counted.user_id and (total.amount is not null or counted.tokens > 0)`;
}
