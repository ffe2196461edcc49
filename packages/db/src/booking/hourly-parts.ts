const DIMENSIONS = 'user_id, key_id, group_id, account_id, model, protocol';

const SUMS = [
  'input_tokens',
  'cache_read_tokens',
  'cache_write_5m_tokens',
  'cache_write_1h_tokens',
  'output_tokens',
  'reasoning_tokens',
  'tool_prompt_tokens',
  'web_search_requests',
  'standard_cost',
  'actual_cost',
  'duration_ms',
];

/**
 * The sums of the hours, from the rows of `booked`. An unknown attempt counts as one and adds nothing else, so that it
 * can be taken away again (sign −1) when it is known. In order, as two shippers may meet in rows of users that are
 * gone, which nobody locks.
 */
export const HOURLY_PARTS = `hours as (
    select date_trunc('hour', at, 'UTC') as hour, ${DIMENSIONS}, part.state, sum(part.sign) as attempts,
      ${SUMS.map((name) => `coalesce(sum(${name}) filter (where part.state <> 'unknown'), 0) as ${name}`).join(', ')}
    from booked
    cross join lateral (select state, 1 union all select 'unknown', -1 where was_unknown) as part (state, sign)
    group by 1, ${DIMENSIONS}, part.state
  ), moved_hours as (
    insert into usage_hourly (hour, dimensions, ${DIMENSIONS}, state, attempts, ${SUMS.join(', ')})
    select hour, tollgate_usage_dimensions(${DIMENSIONS}, state) as dimensions, ${DIMENSIONS}, state, attempts,
      ${SUMS.join(', ')}
    from hours order by hour, dimensions
    on conflict (hour, dimensions) do update set attempts = usage_hourly.attempts + excluded.attempts,
      ${SUMS.map((name) => `${name} = usage_hourly.${name} + excluded.${name}`).join(', ')}
  )`;
