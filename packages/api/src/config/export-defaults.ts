/**
 * What a new object has where the file says nothing, in the file's words and order: an export leaves these out. The
 * tables have the same defaults; a test compares.
 */
export const GROUP_DEFAULTS = {
  type: 'standard',
  status: 'active',
  rate_multiplier: '1',
  self_service: false,
  rpm: 0,
  tpm: 0,
  client_restriction: 'none',
  fallback_group: null,
  fallback_group_on_invalid_request: null,
  model_routing: [],
  queue_timeout_ms: 60_000,
  unpriced_models: 'refuse',
  limit_day: null,
  limit_week: null,
  limit_month: null,
  hold_max: null,
  hang_up: 'abort',
  drain_ms: 30_000,
  drain_tokens: 8_192,
  image_prices: { '1k': null, '2k': null, '4k': null },
  messages_dispatch: { allowed: true, default_model: null, families: {} },
  supported_model_scopes: null,
  mcp_xml_inject: false,
  deadlines: {},
};

export const ACCOUNT_DEFAULTS = {
  upstream_protocol: null,
  project: null,
  groups: [],
  status: 'active',
  schedulable: true,
  concurrency: 3,
  priority: 50,
  expires_at: null,
  model_mapping: {},
  proxy: null,
  proxy_name: null,
  sessions_max: 0,
  session_idle_minutes: 5,
  window_cost_limit: null,
  window_cost_reserve: '10',
  intercept_warm_ups: false,
  passed_statuses: null,
  pause_rules: [],
  pinned_headers: {},
};

export const USER_DEFAULTS = {
  status: 'active',
  role: 'user',
  concurrency: 5,
  rpm: 0,
  tpm: 0,
  weight: 1,
  queue_max: null,
  token_limit: 0,
  low_balance_threshold: null,
  low_balance_percent: null,
  notice_emails: [],
};

export const SUBSCRIPTION_DEFAULTS = {
  status: 'active',
  note: null,
};

export const KEY_DEFAULTS = {
  status: 'active',
  expires_at: null,
  ip_allow: [],
  ip_deny: [],
  rpm: 0,
  tpm: 0,
  concurrency: 0,
  quota: null,
  limit_5h: null,
  limit_1d: null,
  limit_7d: null,
};
