import { sql, type SQL } from 'drizzle-orm';
import type { Transaction } from '../open-database.ts';
import {
  COUNT_COLUMNS,
  selectOursByPeriod,
  selectOursByRequest,
  selectTheirsByPeriod,
  selectTheirsByRequest,
} from './sides.ts';

export type ExportFault = 'empty' | 'mixed' | 'overlapping';

export type Comparison =
  | { ok: true; matchedBy: 'request' | 'period'; missingOurs: number | null; missingTheirs: number | null }
  /** The rows cannot be compared as they are; nothing was written. */
  | { ok: false; fault: ExportFault };

interface ItemsRow extends Record<string, unknown> {
  total: number;
  requests: number;
  hasAllModels: boolean;
}

/**
 * MON-13: compares the rows that came of an export with what we have booked of the account, writes the drift by period
 * and model, closes the reconciliation and forgets the rows. Ours are all attempts that are known, also failed ones
 * whose usage was seen, at standard cost.
 */
export async function compareExport(tx: Transaction, id: string, now: Date): Promise<Comparison> {
  const [items] = await tx.execute<ItemsRow>(sql`
    select count(*)::int as total, count(request_id)::int as requests, bool_or(model is null) as "hasAllModels"
    from reconciliation_items where reconciliation_id = ${id}`);
  if (!items || items.total === 0) return { ok: false, fault: 'empty' };
  if (items.requests > 0 && items.requests < items.total) return { ok: false, fault: 'mixed' };
  const matchedBy = items.requests > 0 ? 'request' : 'period';
  if (matchedBy === 'period' && (await hasOverlaps(tx, id))) return { ok: false, fault: 'overlapping' };
  await writeRows(tx, id, matchedBy, items.hasAllModels);
  const missing = matchedBy === 'request' ? await findMissing(tx, id) : null;
  await tx.execute(sql`
    update reconciliations set status = 'done', matched_by = ${matchedBy}, finished_at = ${now.toISOString()}::timestamptz,
      from_at = (select min(from_at) from reconciliation_items where reconciliation_id = ${id}),
      to_at = (select max(to_at) from reconciliation_items where reconciliation_id = ${id}),
      missing_ours = ${missing?.ours.total ?? null}, missing_theirs = ${missing?.theirs.total ?? null},
      missing_sample = ${missing && JSON.stringify({ ours: missing.ours.sample, theirs: missing.theirs.sample })}::text::jsonb
    where id = ${id}`);
  await tx.execute(sql`delete from reconciliation_items where reconciliation_id = ${id}`);
  const { ours, theirs } = missing ?? {};
  return { ok: true, matchedBy, missingOurs: ours?.total ?? null, missingTheirs: theirs?.total ?? null };
}

/** Sums of a day and of its hours in one export would count ours twice. */
async function hasOverlaps(tx: Transaction, id: string): Promise<boolean> {
  const rows = await tx.execute(sql`
    select from_at from (
      select from_at, lag(to_at) over (order by from_at, to_at) as before
      from (select distinct from_at, to_at from reconciliation_items where reconciliation_id = ${id}) periods
    ) neighbours where before > from_at limit 1`);
  return rows.length > 0;
}

/** Both sides of each period and model: what an export does not speak of is NULL there, what it leaves out is 0. */
async function writeRows(
  tx: Transaction,
  id: string,
  matchedBy: 'request' | 'period',
  hasAllModels: boolean,
): Promise<void> {
  const scope = { id, hasAllModels };
  const isByRequest = matchedBy === 'request';
  await tx.execute(sql`
    with ${isByRequest ? selectTheirsByRequest(scope) : selectTheirsByPeriod(scope)},
    ${isByRequest ? selectOursByRequest(scope) : selectOursByPeriod(scope)},
    ours_sums as (
      select from_at, to_at, model, ${list((name) => `sum(${name}) as ${name}`)} from ours group by 1, 2, 3
    ), theirs_sums as (
      select from_at, to_at, case when exists (select from ours o where o.model = t.model) then t.model
        when exists (select from ours o where o.model = undated) then undated else t.model end as model,
        ${list((name) => `sum(${name}) as ${name}`)}
      from (select *, regexp_replace(model, '-(\\d{8}|\\d{4}-\\d\\d-\\d\\d)$', '') as undated from theirs) t
      group by 1, 2, 3
    ), said as (
      select ${list((name) => `count(${name}) > 0 as ${name}`)} from theirs
    ), keys as (
      select from_at, to_at, model from ours_sums union select from_at, to_at, model from theirs_sums
    )
    insert into reconciliation_rows (reconciliation_id, from_at, to_at, model, side, ${list((name) => name)})
    select ${id}, k.from_at, k.to_at, k.model, 'ours', ${list((name) => `coalesce(o.${name}, 0)`)}
    from keys k left join ours_sums o using (from_at, to_at, model)
    union all
    select ${id}, k.from_at, k.to_at, k.model, 'theirs',
      ${list((name) => `coalesce(t.${name}, case when s.${name} then 0 end)`)}
    from keys k cross join said s left join theirs_sums t using (from_at, to_at, model)`);
}

/** The same of each column that both sides count. */
function list(map: (column: string) => string): SQL {
  return sql.raw(COUNT_COLUMNS.map(map).join(', '));
}

interface Missing {
  total: number;
  sample: string[];
}

const SAMPLE_MAX = 100;

/** Requests that one side alone knows. */
async function findMissing(tx: Transaction, id: string): Promise<{ ours: Missing; theirs: Missing }> {
  const scope = { id, hasAllModels: false };
  const [row] = await tx.execute<Record<string, unknown>>(sql`
    with ${selectTheirsByRequest(scope)}, ${selectOursByRequest(scope)},
    not_ours as (select request_id from theirs where not is_matched),
    not_theirs as (select distinct request_id from ours where not is_matched)
    select (select count(*) from not_ours)::int as "oursTotal", (select count(*) from not_theirs)::int as "theirsTotal",
      array(select request_id from not_ours order by 1 limit ${SAMPLE_MAX}) as "oursSample",
      array(select request_id from not_theirs order by 1 limit ${SAMPLE_MAX}) as "theirsSample"`);
  return {
    ours: readMissing(row?.['oursTotal'], row?.['oursSample']),
    theirs: readMissing(row?.['theirsTotal'], row?.['theirsSample']),
  };
}

function readMissing(total: unknown, sample: unknown): Missing {
  return { total: Number(total ?? 0), sample: Array.isArray(sample) ? sample.map(String) : [] };
}
