import type { AccountFinding, AccountKind, PauseRule } from '@tollgate/core';
import { parseRetryAfterMs } from '@tollgate/protocol';
import { findAccountFault } from './find-account-fault.ts';
import { findPauseRule } from './find-pause-rule.ts';
import { findRateLimitReset, type RateLimitAnswer } from './find-rate-limit-reset.ts';
import { isModelLimit } from './is-model-limit.ts';

export const RATE_LIMIT_DEFAULT_MS = 5 * 60_000;
export const OVERLOAD_MS = 10 * 60_000;
/** A reset that is already past, or milliseconds away: without a pause the same account would be asked at once. */
export const RATE_LIMIT_MS_MIN = 1000;

export interface UpstreamAnswer extends RateLimitAnswer {
  kind: AccountKind;
  /** HTTP status, or the one that an error inside a 200 stands for; 0 = no answer came. */
  status: number;
  /** What broke the exchange, where something did; counts when no error status is known. */
  fault: 'timeout' | 'network' | 'bad-answer' | null;
  /** This request has already had the account's token refreshed. */
  hasRefreshedToken: boolean;
  /** The attempt was to show whether the account is well again. */
  isProbe: boolean;
  /** The name that this account's upstream was asked for. */
  upstreamModel: string;
  /** The account's own rules. */
  passedStatuses: readonly number[] | null;
  pauseRules: readonly PauseRule[];
}

export interface AnswerMeaning {
  /** 'ok': no failure at all. 'client-error': pass it on. 'retry': another account may do better. */
  verdict: 'ok' | 'client-error' | 'retry';
  /** What to tell the store about the account; null = nothing was learnt. */
  report: AccountFinding | null;
  /** How long a client that gets this answer should wait; null = not known. */
  retryAfterMs: number | null;
  /** Refresh the token, then try the same account once more. */
  needsTokenRefresh: boolean;
}

/**
 * What an upstream's answer means for request and account (ACC-3, REQ-6). The table is in docs/limits.md.
 * The account's own rules come first: pause rules, then passed statuses.
 */
export function mapUpstreamAnswer(answer: UpstreamAnswer): AnswerMeaning {
  const { status, fault, bodyHead } = answer;
  if (status < 400) return mapWithoutError(answer);
  const rule = findPauseRule(answer.pauseRules, status, bodyHead);
  if (rule !== null) return buildPause(answer, rule);
  if (answer.passedStatuses?.includes(status) === true) return CLIENT_ERROR;
  const byStatus = BY_STATUS.get(status);
  if (byStatus !== undefined) return byStatus(answer);
  if (status >= 500)
    return buildFailure(answer, `status ${status}${fault === null ? '' : `, then ${fault}`}`);
  return mapClientError(answer);
}

/**
 * A probe has its answer when the upstream took the credentials and read the request, whatever it thinks of it.
 * Other statuses may come from what stands before the upstream, such as a proxy's 413.
 */
function mapClientError({ isProbe, status, fault }: UpstreamAnswer): AnswerMeaning {
  const isProven = isProbe && fault === null && READ_STATUSES.has(status);
  return isProven ? { ...CLIENT_ERROR, report: SUCCESS } : CLIENT_ERROR;
}

const CLIENT_ERROR: AnswerMeaning = {
  verdict: 'client-error',
  report: null,
  retryAfterMs: null,
  needsTokenRefresh: false,
};
const READ_STATUSES: ReadonlySet<number> = new Set([400, 404, 422]);
const SUCCESS = { kind: 'success', upstreamModel: null } as const;
const OK: AnswerMeaning = { verdict: 'ok', report: SUCCESS, retryAfterMs: null, needsTokenRefresh: false };
/** Every other status of 4xx is the client's own error, every other of 5xx a failure. */
const BY_STATUS: ReadonlyMap<number, (answer: UpstreamAnswer) => AnswerMeaning> = new Map([
  [400, mapBadRequest],
  [401, mapUnauthorized],
  // The account's own credit is used up, whatever the request.
  [402, (answer) => buildStrike(answer, '402: no credit left')],
  [403, mapForbidden],
  [408, (answer) => buildFailure(answer, 'status 408')],
  [409, (answer) => buildFailure(answer, 'status 409')],
  [429, mapRateLimit],
  [529, mapOverload],
]);
const FAULT_WORDS = {
  timeout: 'no answer in time',
  network: 'the connection failed',
  'bad-answer': 'the answer could not be read',
} as const;

function mapWithoutError(answer: UpstreamAnswer): AnswerMeaning {
  const { status, fault } = answer;
  if (fault !== null) return buildFailure(answer, FAULT_WORDS[fault]);
  if (status < 200 || status >= 300) return buildFailure(answer, `unexpected status ${status}`);
  // Anthropic sends `retry-after` with good answers: it is not read here.
  return OK;
}

function mapBadRequest(answer: UpstreamAnswer): AnswerMeaning {
  const reason = findAccountFault(answer.bodyHead);
  return reason === null ? mapClientError(answer) : buildStrike(answer, `400: ${reason}`);
}

function mapUnauthorized(answer: UpstreamAnswer): AnswerMeaning {
  if (answer.kind !== 'oauth') return buildStrike(answer, '401: the credentials were refused');
  if (answer.hasRefreshedToken) {
    return buildStrike(answer, '401: the credentials were refused, also after a token refresh');
  }
  return { ...buildRetry(answer, null), needsTokenRefresh: true };
}

function mapForbidden(answer: UpstreamAnswer): AnswerMeaning {
  const isUnverified = answer.bodyHead.includes('VALIDATION_REQUIRED');
  return buildStrike(answer, isUnverified ? '403: the account must be verified' : '403: access was refused');
}

function mapRateLimit(answer: UpstreamAnswer): AnswerMeaning {
  const { headers, bodyHead, upstreamModel } = answer;
  // Only this request is too large for the account's plan; every other one may go on.
  if (/extra usage is required for long context/iu.test(bodyHead)) return buildRetry(answer, null);
  const reset = findRateLimitReset(answer);
  const untilMs = Math.max(reset?.waitMs ?? RATE_LIMIT_DEFAULT_MS, RATE_LIMIT_MS_MIN);
  const cause = /insufficient_quota/u.test(bodyHead) ? 'no credit left' : 'rate limited';
  const end = reset === null ? 'no reset stated' : `reset by ${reset.source}`;
  const report = {
    kind: 'block',
    state: 'rate-limited',
    upstreamModel: isModelLimit(headers, bodyHead) ? upstreamModel : null,
    untilMs,
    reason: `429: ${cause}, ${end}`,
  } as const;
  return { ...buildRetry(answer, report), retryAfterMs: untilMs };
}

function mapOverload(answer: UpstreamAnswer): AnswerMeaning {
  return buildRetry(answer, {
    kind: 'block',
    state: 'overloaded',
    upstreamModel: null,
    untilMs: OVERLOAD_MS,
    reason: '529: overloaded',
  });
}

function buildPause(answer: UpstreamAnswer, rule: PauseRule): AnswerMeaning {
  const by = rule.words.length === 0 ? '' : ' with words in the body';
  return buildRetry(answer, {
    kind: 'block',
    state: 'paused',
    upstreamModel: null,
    untilMs: rule.minutes * 60_000,
    reason: `paused for ${rule.minutes} min by the rule for status ${rule.status}${by}`,
  });
}

function buildFailure(answer: UpstreamAnswer, reason: string): AnswerMeaning {
  return buildRetry(answer, { kind: 'failure', upstreamModel: null, reason });
}

function buildStrike(answer: UpstreamAnswer, reason: string): AnswerMeaning {
  return buildRetry(answer, { kind: 'strike', upstreamModel: null, reason });
}

function buildRetry(
  { status, headers, nowMs }: UpstreamAnswer,
  report: AccountFinding | null,
): AnswerMeaning {
  const retryAfterMs = status >= 400 ? parseRetryAfterMs(headers, nowMs) : null;
  return { verdict: 'retry', report, retryAfterMs, needsTokenRefresh: false };
}
