/** OPS-2: what a rule may narrow its metric to. */
export const ALERT_DIMENSIONS = [
  'platform',
  'model',
  'account',
  'group',
  'user',
  'key',
  'protocol',
  'status_class',
] as const;
export type AlertDimension = (typeof ALERT_DIMENSIONS)[number];

/**
 * Values of one dimension are alternatives, dimensions hold together; absent = all. Accounts, groups, users and keys by
 * id; models as clients ask for them; `platform` is the one of the group that served; `status_class` is `4xx` or `5xx`.
 */
export type AlertFilter = Partial<Record<AlertDimension, string[]>>;

export const STATUS_CLASSES = ['4xx', '5xx'] as const;

/** Decision records name the group, not the accounts: one request may have been on several. */
const OF_REQUESTS = ['platform', 'model', 'group', 'user', 'key', 'protocol'] as const;
const OF_ERRORS = [...OF_REQUESTS, 'status_class'] as const;
const OF_ATTEMPTS = ['platform', 'model', 'account', 'group', 'user', 'key', 'protocol'] as const;

interface AlertMetricFacts {
  unit: 'count' | 'ratio' | 'ms' | 'tokens' | 'usd';
  /** `window`: over the rule's window; `now`: as it is, the window says nothing. */
  over: 'window' | 'now';
  dimensions: readonly AlertDimension[];
  /** For people: how the figure is made. */
  about: string;
}

/** Every figure that a rule can look at. An error is an answer of 400 or more, or a stream that broke; 499, a client that left, is none. */
export const ALERT_METRICS = {
  requests: {
    unit: 'count',
    over: 'window',
    dimensions: OF_REQUESTS,
    about: 'Requests of known keys, from their decision records; 0 is a figure.',
  },
  errors: {
    unit: 'count',
    over: 'window',
    dimensions: OF_ERRORS,
    about:
      'Requests that were answered with 400 or more, and streams that broke, which count as 5xx; 499 (the client left) is no error. 0 is a figure.',
  },
  error_ratio: {
    unit: 'ratio',
    over: 'window',
    dimensions: OF_ERRORS,
    about: 'Errors by requests, 0 to 1; status_class narrows the errors alone. No requests = no figure.',
  },
  latency_p95_ms: {
    unit: 'ms',
    over: 'window',
    dimensions: OF_REQUESTS,
    about:
      '95th percentile of the whole duration of requests that were answered below 400. None = no figure.',
  },
  first_token_p95_ms: {
    unit: 'ms',
    over: 'window',
    dimensions: OF_REQUESTS,
    about:
      '95th percentile of the time to the first content, of requests that had content. None = no figure.',
  },
  tokens: {
    unit: 'tokens',
    over: 'window',
    dimensions: OF_ATTEMPTS,
    about: 'Input, cache read, cache write and output tokens of all attempts; 0 is a figure.',
  },
  cost_usd: {
    unit: 'usd',
    over: 'window',
    dimensions: OF_ATTEMPTS,
    about: 'Standard cost of all attempts, before multipliers; 0 is a figure.',
  },
  unpriced_requests: {
    unit: 'count',
    over: 'window',
    dimensions: OF_ATTEMPTS,
    about: 'Requests with usage that no price was found for; 0 is a figure.',
  },
  accounts_in_error: {
    unit: 'count',
    over: 'now',
    dimensions: ['platform', 'account', 'group'],
    about: 'Accounts in the state error, set by the control plane or by what an upstream answered.',
  },
  nodes_silent: {
    unit: 'count',
    over: 'now',
    dimensions: [],
    about:
      'Gateway nodes that missed a heartbeat and did not come back, for 10 minutes each; one that was stopped in order is not missed.',
  },
} as const satisfies Record<string, AlertMetricFacts>;

export type AlertMetric = keyof typeof ALERT_METRICS;
export const ALERT_METRIC_NAMES = Object.keys(ALERT_METRICS) as AlertMetric[];

/** The dimensions of `filter` that `metric` cannot be narrowed by; empty = all is well. */
export function findForeignDimensions(metric: AlertMetric, filter: AlertFilter): AlertDimension[] {
  const known: readonly AlertDimension[] = ALERT_METRICS[metric].dimensions;
  return ALERT_DIMENSIONS.filter(
    (dimension) => filter[dimension] !== undefined && !known.includes(dimension),
  );
}
