/** Which table a metric comes from, and how it is reckoned: metrics of one source are answered together. */
export type FigureSource = 'requests' | 'latency' | 'first-content' | 'usage';

/**
 * A request may have begun long before the window in which it ended, and only its beginning is indexed. So long before
 * the window it is looked for: the default of a request's whole time. What took longer is not seen.
 */
export const REQUEST_MS_MAX = 1_800_000;

/** $1: questions, `[{ n, metric, <dimension>: [value, …] }]`, dimensions that are absent are all; $2, $3: ms since 1970. */
const RULES = `rules as materialized (
  select * from jsonb_to_recordset($1::text::jsonb) as r(n integer, metric text, platform jsonb, model jsonb,
    account jsonb, "group" jsonb, "user" jsonb, key jsonb, protocol jsonb, status_class jsonb)
)`;

const ENDED = (table: string): string => `
  where ${table}.at >= to_timestamp($2::text::float8 / 1000) - ${REQUEST_MS_MAX} * interval '1 ms'
    and ${table}.at < to_timestamp($3::text::float8 / 1000)
    and ${table}.at + ${table}.duration_ms * interval '1 ms' >= to_timestamp($2::text::float8 / 1000)
    and ${table}.at + ${table}.duration_ms * interval '1 ms' < to_timestamp($3::text::float8 / 1000)`;

const MATCHES = ['platform', 'model', '"group"', '"user"', 'key', 'protocol']
  .map((name) => `(r.${name} is null or r.${name} ? x.${name})`)
  .join(' and ');

const OF_DECISION = `g.platform, d.model, d.group_id as "group", d.user_id as "user", d.key_id as key, d.protocol`;
const DECISIONS = `from request_decisions d left join groups g on g.id = d.group_id`;

/** A stream that broke after its head has gone out was answered 200, and its error is in the code: as bad as a 5xx. */
const STATUS_CLASS = `case
  when d.status = 499 then null
  when d.status >= 500 then '5xx'
  when d.status >= 400 then '4xx'
  when d.error_code is not null then '5xx'
end`;

/** Added up by dimension first: many requests, few sums, which the questions are then held against. */
const REQUESTS = `with ${RULES}, x as materialized (
  select ${OF_DECISION}, ${STATUS_CLASS} as status_class, count(*) as requests
  ${DECISIONS} ${ENDED('d')}
  group by 1, 2, 3, 4, 5, 6, 7
), sums as (
  select r.n, r.metric, coalesce(sum(x.requests), 0) as requests,
    coalesce(sum(x.requests) filter (where x.status_class is not null
      and (r.status_class is null or r.status_class ? x.status_class)), 0) as errors
  from rules r left join x on ${MATCHES} group by r.n, r.metric
)
select n, round(case metric
  when 'requests' then requests
  when 'errors' then errors
  else errors / nullif(requests, 0)
end, 12)::text as figure from sums`;

const buildPercentile = (figure: string, condition: string): string => `with ${RULES}, x as materialized (
  select ${OF_DECISION}, ${figure} as figure
  ${DECISIONS} ${ENDED('d')} and ${condition}
)
select r.n, round((percentile_cont(0.95) within group (order by x.figure))::numeric, 3)::text as figure
from rules r join x on ${MATCHES} group by r.n`;

const USAGE = `with ${RULES}, x as materialized (
  select g.platform, u.model, u.account_id as account, u.group_id as "group", u.user_id as "user", u.key_id as key,
    u.protocol, sum(u.standard_cost) as cost, sum(u.input_tokens::bigint + u.tool_prompt_tokens + u.cache_read_tokens
      + u.cache_write_5m_tokens + u.cache_write_1h_tokens + u.output_tokens) as tokens,
    count(distinct u.request_id) filter (where u.price_version is null and u.input_tokens::bigint
      + u.tool_prompt_tokens + u.cache_read_tokens + u.cache_write_5m_tokens + u.cache_write_1h_tokens
      + u.output_tokens > 0) as unpriced
  from usage u left join groups g on g.id = u.group_id ${ENDED('u')}
  group by 1, 2, 3, 4, 5, 6, 7
)
select r.n, round(case r.metric
  when 'tokens' then coalesce(sum(x.tokens), 0)
  when 'cost_usd' then coalesce(sum(x.cost), 0)
  else coalesce(sum(x.unpriced), 0)
end, 12)::text as figure
from rules r left join x on ${MATCHES} and (r.account is null or r.account ? x.account)
group by r.n, r.metric`;

/** In the detail of rows of earlier versions. */
const FIRST_CONTENT_MS = `coalesce(d.first_content_after_ms, (d.detail->>'firstContentAfterMs')::float8)`;

export const FIGURE_STATEMENTS: Readonly<Record<FigureSource, string>> = {
  requests: REQUESTS,
  latency: buildPercentile('d.duration_ms', `d.status < 400`),
  'first-content': buildPercentile(FIRST_CONTENT_MS, `${FIRST_CONTENT_MS} is not null`),
  usage: USAGE,
};
