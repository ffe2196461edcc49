import {
  mapUpstreamAnswer,
  parseUpstreamWindows,
  type AnswerMeaning,
  type UpstreamAnswer,
} from '@tollgate/accounts';
import type { AccountFinding, Clock } from '@tollgate/core';
import type { AttemptEnd, RetryReason } from '@tollgate/forward';
import type { Store } from '@tollgate/store';
import type { PickedAccount } from './stages/picked-account.ts';
import type { ReadyAccount } from './stages/ready-account.ts';

export interface FeedbackServices {
  store: Store;
  clock: Clock;
}

type AnsweredEnd = Exclude<AttemptEnd, { kind: 'client-left' }>;

/** As much of an error body as the rules of ACC-3 look at. */
const BODY_HEAD_BYTES = 8 * 1024;
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
  if (isAccepted) ready.session?.keep();
  return end.kind === 'client-left'
    ? readLeft(ready, isAccepted, store)
    : readMeaning(ready, end, { store, clock });
}

/**
 * A request is done with an account that it had as a probe. Where no answer has settled the account's state, the
 * next request may probe it at once; where one has, this says nothing. To be said after the last try there: a
 * token that is refreshed between two tries leaves the probe its place.
 */
export function endProbe(
  {
    account,
    upstreamModel,
    isProbe,
    lease,
  }: Pick<PickedAccount, 'account' | 'upstreamModel' | 'isProbe' | 'lease'>,
  store: Pick<Store, 'reportAccount'>,
): void {
  if (isProbe && lease !== null)
    store.reportAccount({ accountId: account.id, upstreamModel, kind: 'undecided' }, lease.id);
}

/** Nothing is learnt, but of a probe that had content to show: its client need not have read on. */
function readLeft(ready: ReadyAccount, isAccepted: boolean, store: Store): AnswerMeaning {
  if (isAccepted && ready.isProbe) tellStore(ready, { kind: 'success', upstreamModel: null }, store);
  return NOTHING_LEARNT;
}

function readMeaning(
  ready: ReadyAccount,
  end: AnsweredEnd,
  { store, clock }: FeedbackServices,
): AnswerMeaning {
  const { account } = ready;
  const nowMs = clock.nowMs();
  if ('headers' in end && account.kind !== 'api-key') {
    const windows = parseUpstreamWindows(end.headers, nowMs);
    if (windows.length > 0) store.noteUpstreamWindows(account.id, windows);
  }
  const meaning = mapUpstreamAnswer(buildAnswer(ready, end, nowMs));
  if (meaning.report !== null) tellStore(ready, meaning.report, store);
  return meaning;
}

function tellStore({ account, isProbe, lease }: ReadyAccount, finding: AccountFinding, store: Store): void {
  store.reportAccount({ accountId: account.id, ...finding }, isProbe ? lease?.id : undefined);
}

function buildAnswer(
  { account, upstreamModel, hasRefreshedToken, isProbe }: ReadyAccount,
  end: AnsweredEnd,
  nowMs: number,
): UpstreamAnswer {
  const { status, fault, headers, bodyHead } = describeEnd(end);
  return {
    platform: account.platform,
    kind: account.kind,
    passedStatuses: account.passedStatuses,
    pauseRules: account.pauseRules,
    upstreamModel,
    hasRefreshedToken,
    isProbe,
    nowMs,
    status,
    fault,
    headers,
    bodyHead,
  };
}

function describeEnd(end: AnsweredEnd): Pick<UpstreamAnswer, 'status' | 'fault' | 'headers' | 'bodyHead'> {
  switch (end.kind) {
    case 'answered':
    case 'answered-json':
      return { status: end.status, fault: null, headers: end.headers, bodyHead: '' };
    case 'broken':
      return { status: mapBreak(end.reason), fault: mapFault(end.reason), headers: {}, bodyHead: '' };
    default:
      return {
        status: end.status,
        fault: end.kind === 'retryable' ? mapFault(end.reason, end.status) : null,
        headers: end.headers,
        bodyHead: end.body?.toString('utf8', 0, BODY_HEAD_BYTES) ?? '',
      };
  }
}

/** What the upstream's own error event in the middle of an answer stands for; 200 = it only broke off. */
function mapBreak(reason: RetryReason): number {
  if (reason === 'rate-limited') return 429;
  return reason === 'overloaded' ? 529 : 200;
}

/** An answer with an error status was read well enough: the status says it all. */
function mapFault(reason: RetryReason, status = 0): UpstreamAnswer['fault'] {
  switch (reason) {
    case 'timeout':
      return 'timeout';
    case 'refused':
    case 'reset':
      return 'network';
    default:
      return status >= 400 ? null : 'bad-answer';
  }
}
