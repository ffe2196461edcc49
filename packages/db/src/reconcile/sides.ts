import { sql, type SQL } from 'drizzle-orm';

/** What both sides count, as the tables name it. */
export const COUNT_COLUMNS = [
  'requests',
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'web_search_requests',
  'cost',
] as const;

export interface Scope {
  /** Of the reconciliation. */
  id: string;
  /** The export has sums over all models: nothing can be told apart. */
  hasAllModels: boolean;
}

const counts = sql.raw(COUNT_COLUMNS.join(', '));

/** The export's sums: rows `theirs`. */
export function selectTheirsByPeriod({ id, hasAllModels }: Scope): SQL {
  return sql`theirs as (
    select from_at, to_at, ${hasAllModels ? sql`'*'` : sql`model`} as model, ${counts}
    from reconciliation_items where reconciliation_id = ${id}
  )`;
}

/** What we booked in the export's periods: rows `ours`. */
export function selectOursByPeriod({ id, hasAllModels }: Scope): SQL {
  return sql`periods as (
    select distinct from_at, to_at from reconciliation_items where reconciliation_id = ${id}
  ), booked as (
    select p.from_at, p.to_at, u.* from periods p
    join reconciliations r on r.id = ${id}
    join usage u on u.account_id = r.account_id and u.at >= p.from_at and u.at < p.to_at
    where ${IS_KNOWN}
  ), ours as (
    select from_at, to_at, ${hasAllModels ? sql`'*'` : sql`model`} as model, ${counts} from (${listParts(sql`from_at, to_at`)}) parts
  )`;
}

/**
 * The export's requests, each once with what its rows add up to: rows `theirs`. One that we know too stands in the hour
 * in which we sent it, under our name of its model, so that clocks and time zones make no drift.
 */
export function selectTheirsByRequest({ id }: Scope): SQL {
  return sql`sent as (
    select request_id, min(from_at) as from_at, max(model) as model, 1 as requests, ${sumCounts()}
    from (
      select distinct request_id, from_at, model, ${counts}
      from reconciliation_items where reconciliation_id = ${id}
    ) items group by request_id
  ), matches as (
    select distinct on (s.request_id) s.request_id, u.attempt_id, u.at, u.upstream_model
    from sent s
    join reconciliations r on r.id = ${id}
    join usage u on u.account_id = r.account_id and u.upstream_request_id = s.request_id
    where u.at >= (select min(from_at) - interval '2 days' from sent)
      and u.at < (select max(from_at) + interval '2 days' from sent) and ${IS_KNOWN}
    order by s.request_id, u.at
  ), theirs as (
    select s.request_id, m.request_id is not null as is_matched, hour as from_at, hour + interval '1 hour' as to_at,
      coalesce(m.upstream_model, s.model, '*') as model, ${counts}
    from sent s left join matches m using (request_id)
    cross join lateral (select date_trunc('hour', coalesce(m.at, s.from_at), 'UTC') as hour) h
  )`;
}

/** Requests of ours that matched, and all others of the hours that the export speaks of: rows `ours`. */
export function selectOursByRequest({ id }: Scope): SQL {
  return sql`booked as (
    select hour as from_at, hour + interval '1 hour' as to_at, m.request_id is not null as is_matched, u.*
    from reconciliations r
    join usage u on u.account_id = r.account_id
      and u.at >= (select min(from_at) - interval '2 days' from sent)
      and u.at < (select max(from_at) + interval '2 days' from sent)
    left join matches m on m.attempt_id = u.attempt_id
    cross join lateral (select date_trunc('hour', u.at, 'UTC') as hour) h
    where r.id = ${id} and ${IS_KNOWN} and (m.request_id is not null or (
      hour >= (select min(from_at) from sent) and hour <= (select max(from_at) from sent) and u.standard_cost > 0
    ))
  ), ours as (
    select from_at, to_at, model, is_matched, coalesce(request_id, attempt_id) as request_id, ${counts}
    from (${listParts(sql`from_at, to_at, is_matched, upstream_request_id as request_id, attempt_id`)}) parts
  )`;
}

/** Of unknown attempts nobody knows what the provider counted. */
const IS_KNOWN = sql`u.state <> 'unknown'`;

function sumCounts(): SQL {
  const names = COUNT_COLUMNS.filter((name) => name !== 'requests');
  return sql.raw(names.map((name) => `sum(${name}) as ${name}`).join(', '));
}

/** The attempts of `booked`, and the work that was billed beside their totals, under the model that did it. */
function listParts(columns: SQL): SQL {
  const tokens = [
    ['input_tokens', 'inputTokens'],
    ['cache_read_tokens', 'cacheReadTokens'],
    ['cache_write_5m_tokens', 'cacheWrite5mTokens'],
    ['cache_write_1h_tokens', 'cacheWrite1hTokens'],
    ['output_tokens', 'outputTokens'],
    ['web_search_requests', 'webSearchRequests'],
  ] as const;
  const own = sql.raw(tokens.map(([column]) => `${column}::bigint`).join(', '));
  const extra = sql.raw(
    tokens
      .map(([column, field]) => `coalesce((e -> 'usage' ->> '${field}')::bigint, 0) as ${column}`)
      .join(', '),
  );
  return sql`
    select ${columns}, upstream_model as model, (state <> 'failed' or standard_cost > 0)::int as requests,
      ${own}, standard_cost as cost
    from booked
    union all
    select ${columns}, coalesce(e ->> 'model', upstream_model), 0, ${extra}, 0::numeric
    from booked, jsonb_array_elements(extra) as e`;
}
