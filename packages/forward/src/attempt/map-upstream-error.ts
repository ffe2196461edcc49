import type { UpstreamFault } from '../port.ts';

/** Why an attempt failed that another account may serve. */
export type RetryReason =
  | 'auth'
  | 'forbidden'
  | 'rate-limited'
  | 'overloaded'
  | 'server-error'
  | 'refused'
  | 'reset'
  | 'timeout'
  | 'bad-answer'
  | 'stream-error';

/** 'client-error': the client's own mistake, no other account would say otherwise. */
export type Verdict = RetryReason | 'client-error';

/** Status of an answer that is no success (REQ-6, ACC-3). */
export function mapErrorStatus(status: number): Verdict {
  if (status < 400) return 'bad-answer';
  if (status === 401) return 'auth';
  // 402: the account's own credit is used up; it tells the client nothing of its own.
  if (status === 402 || status === 403) return 'forbidden';
  if (status === 429) return 'rate-limited';
  if (status === 503 || status === 529) return 'overloaded';
  return status >= 500 || status === 408 || status === 409 ? 'server-error' : 'client-error';
}

const TYPES: ReadonlyMap<string, { verdict: Verdict; status: number }> = new Map([
  ['authentication_error', { verdict: 'auth', status: 401 }],
  ['billing_error', { verdict: 'forbidden', status: 402 }],
  ['permission_error', { verdict: 'forbidden', status: 403 }],
  ['rate_limit_error', { verdict: 'rate-limited', status: 429 }],
  ['overloaded_error', { verdict: 'overloaded', status: 529 }],
  ['invalid_request_error', { verdict: 'client-error', status: 400 }],
  ['not_found_error', { verdict: 'client-error', status: 404 }],
  ['request_too_large', { verdict: 'client-error', status: 413 }],
]);

/** The error's own type, for an error inside a 200; the status is the one the vendor documents for it. */
export function mapErrorType(type: string): { verdict: Verdict; status: number } {
  return TYPES.get(type) ?? { verdict: 'server-error', status: 500 };
}

/** An error event before content: another account is tried whatever it says (SEL-5). */
export function mapStreamErrorType(type: string): RetryReason {
  const { verdict } = mapErrorType(type);
  return verdict === 'client-error' || verdict === 'server-error' ? 'stream-error' : verdict;
}

export function mapFault(kind: UpstreamFault['kind']): RetryReason {
  switch (kind) {
    case 'refused':
    case 'forbidden-address':
      return 'refused';
    case 'connect-timeout':
      return 'timeout';
    case 'reset':
      return 'reset';
    case 'protocol':
      return 'bad-answer';
  }
}
