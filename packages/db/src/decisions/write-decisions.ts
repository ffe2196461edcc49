import type { DecisionSink } from '@tollgate/core';
import { isDataFault } from '../is-data-fault.ts';
import type { Database } from '../open-database.ts';

/** Twice the same record is once: its batch may be sent again. */
const WRITE = `insert into request_decisions (request_id, at, node_id, user_id, key_id, group_id, endpoint, protocol,
    model, stream, status, error_code, duration_ms, attempts, detail)
  select "requestId", to_timestamp("atMs" / 1000.0), "nodeId", "userId", "keyId", "groupId", endpoint, protocol,
    model, stream, status, "errorCode", "durationMs", attempts, detail
  from jsonb_to_recordset($1::text::jsonb) as record("requestId" text, "atMs" bigint, "nodeId" text, "userId" text,
    "keyId" text, "groupId" text, endpoint text, protocol text, model text, stream boolean, status integer,
    "errorCode" text, "durationMs" integer, attempts integer, detail jsonb)
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
