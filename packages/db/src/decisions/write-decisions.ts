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

/** All or nothing: without the look for records that are known already, a third of the insertion's CPU. */
const WRITE = buildStatement('');
/** Of a batch that may have been written before. */
const WRITE_AGAIN = buildStatement('on conflict do nothing');

/**
 * `$1`: records, `$2`: pools, a line each. Any batch may name a pool. A pool is kept a day longer than records of now:
 * those of a node whose clock is ahead name it too. In order, as nodes that write the same pools wait for each other.
 * `offset 0` keeps the planner from splitting a line anew for each field.
 */
function buildStatement(onConflict: string): string {
  return `with pools as (
    insert into decision_pools (id, at, pool)
    select f[1], date_trunc('day', now(), 'UTC') + interval '1 day', f[2]
    from (${buildLines('$2', 'null')}) as lines order by 1
    on conflict do nothing
  )
  insert into request_decisions (${FIELDS.map(([column]) => column).join(', ')})
  select ${FIELDS.map(readField).join(', ')}
  from (${buildLines('$1', `chr(${DECISION_NULL.charCodeAt(0)})`)}) as lines
  ${onConflict}`;
}

function buildLines(parameter: string, nullText: string): string {
  return `select string_to_array(line, e'\\t', ${nullText}) as f
    from unnest(string_to_array(${parameter}::text, e'\\n')) as line offset 0`;
}

/**
 * OPS-9, into Postgres: a batch is one statement. Twice the same is once: a batch may be sent again. A record that
 * Postgres refuses does not take the others along.
 */
export function createDecisionSink(db: Database): DecisionSink {
  /** False: Postgres refuses a record, or knows it. All other faults reject. */
  async function tryWrite(statement: string, lines: readonly string[], pools: string): Promise<boolean> {
    try {
      await db.sql.unsafe(statement, [lines.join('\n'), pools], { prepare: true });
      return true;
    } catch (error) {
      if (isDataFault(error)) return false;
      throw error;
    }
  }

  async function writeAgain(lines: readonly string[], pools: string): Promise<void> {
    if (await tryWrite(WRITE_AGAIN, lines, pools)) return;
    if (lines.length === 1) return;
    const half = lines.length >> 1;
    await writeAgain(lines.slice(0, half), pools);
    await writeAgain(lines.slice(half), pools);
  }

  return {
    async write(batch) {
      const { lines } = batch;
      if (lines.length === 0) return;
      const pools = joinPools(batch.pools);
      if (!(await tryWrite(WRITE, lines, pools))) await writeAgain(lines, pools);
    },
  };
}

/** JSON has neither tabs nor line ends of its own. */
function joinPools(pools: DecisionBatch['pools']): string {
  return [...pools].map(([id, text]) => `${id}\t${text}`).join('\n');
}
