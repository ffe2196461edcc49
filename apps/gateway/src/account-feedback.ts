import {
  mapUpstreamAnswer,
  parseUpstreamWindows,
  type AnswerMeaning,
  type UpstreamAnswer,
} from '@tollgate/accounts';
import type { Clock } from '@tollgate/core';
import type { AttemptEnd, RetryReason } from '@tollgate/forward';
import type { Store } from '@tollgate/store';
import type { ReadyAccount } from './stages/send-attempt.ts';

export interface FeedbackServices {
  store: Store;
  clock: Clock;
}

/** As much of an error body as the rules of ACC-3 look at. */
const BODY_HEAD_BYTES = 8 * 1024;
const STATUS_REASONS: ReadonlySet<RetryReason> = new Set([
  'auth',
  'forbidden',
  'rate-limited',
  'overloaded',
  'server-error',
]);
const NOTHING_LEARNT: AnswerMeaning = {
  verdict: 'ok',
  report: null,
  retryAfterMs: null,
  needsTokenRefresh: false,
};

/**
 * What the end of an attempt means for its account (ACC-3, ACC-5, LIM-7): told to the store, so that every node
 * knows; and for the request: whether another account may do better.
 */
export function reportAttempt(
  ready: ReadyAccount,
  end: AttemptEnd,
  isAccepted: boolean,
  { store, clock }: FeedbackServices,
): AnswerMeaning {
  const { account, registeredSession, isProbe, lease } = ready;
  if (!isAccepted && registeredSession) store.releaseSession(registeredSession);
  if (end.kind === 'client-left') return NOTHING_LEARNT;
  const nowMs = clock.nowMs();
  if ('headers' in end && account.kind !== 'api-key') {
    const windows = parseUpstreamWindows(end.headers, nowMs);
    if (windows.length > 0) store.noteUpstreamWindows(account.id, windows);
  }
  const meaning = mapUpstreamAnswer(buildAnswer(ready, end, nowMs));
  if (meaning.report !== null)
    store.reportAccount({ accountId: account.id, ...meaning.report }, isProbe ? lease?.id : undefined);
  return meaning;
}

function buildAnswer(
  { account, upstreamModel, hasRefreshedToken }: ReadyAccount,
  end: Exclude<AttemptEnd, { kind: 'client-left' }>,
  nowMs: number,
): UpstreamAnswer {
  return {
    platform: account.platform,
    kind: account.kind,
    passedStatuses: account.passedStatuses,
    pauseRules: account.pauseRules,
    upstreamModel,
    hasRefreshedToken,
    nowMs,
    ...describeEnd(end),
  };
}

function describeEnd(
  end: Exclude<AttemptEnd, { kind: 'client-left' }>,
): Pick<UpstreamAnswer, 'status' | 'fault' | 'headers' | 'bodyHead'> {
  switch (end.kind) {
    case 'answered':
    case 'answered-json':
      return { status: end.status, fault: null, headers: end.headers, bodyHead: '' };
    case 'broken':
      return { status: 200, fault: mapFault(end.reason), headers: {}, bodyHead: '' };
    default:
      return {
        status: end.status,
        fault: end.kind === 'retryable' && !isToldByStatus(end) ? mapFault(end.reason) : null,
        headers: end.headers,
        bodyHead: end.body?.toString('utf8', 0, BODY_HEAD_BYTES) ?? '',
      };
  }
}

/** A whole error answer: nothing broke, its status says all. */
function isToldByStatus({ status, reason }: Extract<AttemptEnd, { kind: 'retryable' }>): boolean {
  return status >= 400 && STATUS_REASONS.has(reason);
}

function mapFault(reason: RetryReason): NonNullable<UpstreamAnswer['fault']> {
  switch (reason) {
    case 'timeout':
      return 'timeout';
    case 'refused':
    case 'reset':
      return 'network';
    default:
      return 'bad-answer';
  }
}
