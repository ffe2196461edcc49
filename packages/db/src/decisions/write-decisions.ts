import { DECISION_NULL, type DecisionBatch, type DecisionSink } from '@tollgate/core';
import { isDataFault } from '../is-data-fault.ts';
import type { Database } from '../open-database.ts';

/** As in `decision-text.ts` of the core, in its order; a type where it is not text. */
const FIELDS: readonly (readonly [column: string, type?: string])[] = [
  ['request_id'],
  ['at', 'float8'],
  ['node_id'],
  ['user_id'],
  ['key_id'],
  ['group_id'],
  ['endpoint'],
  ['protocol'],
  ['model'],
  ['stream', 'boolean'],
  ['status', 'integer'],
  ['error_code'],
  ['duration_ms', 'integer'],
  ['attempts', 'integer'],
  ['first_content_after_ms', 'integer'],
  ['trace'],
];

function readField([column, type]: readonly [string, string?], index: number): string {
  const field = type === undefined ? `f[${index + 1}]` : `f[${index + 1}]::${type}`;
  return column === 'at' ? `to_timestamp(${field} / 1000)` : field;
}

/**
 * `$1`: records, `$2`: pools, a line each. Twice the same is once: a batch may be sent again, and any of them may name
 * a pool. A pool is kept a day longer than records of now: those of a node whose clock is ahead name it too. In order,
 * as nodes that write the same pools wait for each other. `offset 0` keeps the planner from splitting a line anew for
 * each field.
 */
const WRITE = `with pools as (
    insert into decision_pools (id, at, pool)
    select f[1], date_trunc('day', now(), 'UTC') + interval '1 day', f[2]
    from (${buildLines('$2', 'null')}) as lines order by 1
    on conflict do nothing
  )
  insert into request_decisions (${FIELDS.map(([column]) => column).join(', ')})
  select ${FIELDS.map(readField).join(', ')}
  from (${buildLines('$1', `chr(${DECISION_NULL.charCodeAt(0)})`)}) as lines
  on conflict do nothing`;

function buildLines(parameter: string, nullText: string): string {
  return `select string_to_array(line, e'\\t', ${nullText}) as f
    from unnest(string_to_array(${parameter}::text, e'\\n')) as line offset 0`;
}

/** OPS-9, into Postgres: a batch is one statement. A record that Postgres refuses does not take the others along. */
export function createDecisionSink(db: Database): DecisionSink {
  async function write(lines: readonly string[], pools: string): Promise<void> {
    if (lines.length === 0) return;
    try {
      await db.sql.unsafe(WRITE, [lines.join('\n'), pools], { prepare: true });
    } catch (error) {
      if (!isDataFault(error)) throw error;
      if (lines.length === 1) return;
      const half = lines.length >> 1;
      await write(lines.slice(0, half), pools);
      await write(lines.slice(half), pools);
    }
  }
  return { write: ({ lines, pools }) => write(lines, joinPools(pools)) };
}

/** JSON has neither tabs nor line ends of its own. */
function joinPools(pools: DecisionBatch['pools']): string {
  return [...pools].map(([id, text]) => `${id}\t${text}`).join('\n');
}
