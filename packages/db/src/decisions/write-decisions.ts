import type { DecisionSink } from '@tollgate/core';
import { isDataFault } from '../is-data-fault.ts';
import type { Database } from '../open-database.ts';

/** Fields as in `decision-text.ts` of the core. Twice the same record is once: its batch may be sent again. */
const WRITE = `insert into request_decisions (request_id, at, node_id, user_id, key_id, group_id, endpoint, protocol,
    model, stream, status, error_code, duration_ms, attempts, detail)
  select f ->> 0, to_timestamp((f ->> 1)::bigint / 1000.0), f ->> 2, f ->> 3, f ->> 4, f ->> 5, f ->> 6, f ->> 7,
    f ->> 8, (f ->> 9)::boolean, (f ->> 10)::integer, f ->> 11, (f ->> 12)::integer, (f ->> 13)::integer, f -> 14
  from jsonb_array_elements($1::text::jsonb) as record(f)
  on conflict do nothing`;

/** OPS-9, into Postgres: a batch is one statement. A record that Postgres refuses does not take the others along. */
export function createDecisionSink(db: Database): DecisionSink {
  async function write(records: readonly string[]): Promise<void> {
    if (records.length === 0) return;
    try {
      await db.sql.unsafe(WRITE, [`[${records.join(',')}]`], { prepare: true });
    } catch (error) {
      if (!isDataFault(error)) throw error;
      if (records.length === 1) return;
      const half = records.length >> 1;
      await write(records.slice(0, half));
      await write(records.slice(half));
    }
  }
  return { write };
}
