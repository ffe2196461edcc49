import { TollgateError, ZERO_USAGE, type ErrorCode, type MeteredUsage } from '@tollgate/core';
import type { AnswerHead, AttemptEnd, RetryReason } from '@tollgate/forward';
import {
  createMessagesStreamMeter,
  estimateOutputTokens,
  readMessagesJson,
  type MessagesJsonUsage,
  type MessagesStreamMeter,
} from '@tollgate/protocol';
import { isAcceptableElsewhere, type AnswerMeaning } from '@tollgate/accounts';
import { reportAttempt, type FeedbackServices } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import type { OpenedAccounts } from '../snapshots/opened-accounts.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { AttemptRecord, buildFacts, type RecordServices } from './attempt-record.ts';
import { noteSettled, type NoteServices } from './note-settled.ts';
import { Relay } from './relay.ts';
import {
  passClientError,
  sendAttempt,
  stopListening,
  type ReadyAccount,
  type SendServices,
} from './send-attempt.ts';
import type { AttemptResult } from './settle.ts';

export interface AttemptServices extends RecordServices, SendServices, NoteServices, FeedbackServices {
  accounts: OpenedAccounts;
}

/** The status of an attempt that got no answer. */
const NO_ANSWER_STATUS = 502;
const CLIENT_LEFT_STATUS = 499;
const BLANK_LINE = Buffer.from('\n\n');

/**
 * One attempt, written down before it is sent and closed once. null = the client has its answer (or has
 * left); else the reason to try another account. Throws `unavailable` when the journal is full.
 */
export async function runAttempt(
  context: RequestContext,
  ready: ReadyAccount,
  services: AttemptServices,
): Promise<UpstreamFailure | null> {
  const attempt = new Attempt(context, ready, services);
  try {
    return attempt.finish(await attempt.send());
  } finally {
    stopListening(context);
    attempt.close();
  }
}

class Attempt {
  readonly #context: RequestContext;
  readonly #ready: ReadyAccount;
  readonly #services: AttemptServices;
  readonly #record: AttemptRecord;
  readonly #relay: Relay;
  readonly #meter: MessagesStreamMeter = createMessagesStreamMeter();
  readonly #startedAtMs: number;
  /** Of a plain answer that is whole. */
  #plainUsage: MessagesJsonUsage | null = null;

  constructor(context: RequestContext, ready: ReadyAccount, services: AttemptServices) {
    this.#context = context;
    this.#ready = ready;
    this.#services = services;
    this.#record = new AttemptRecord(buildFacts(context, ready, services), services);
    this.#relay = new Relay(context, ready.upstreamModel, services.clock);
    this.#startedAtMs = services.clock.monotonicMs();
  }

  /** Writes the attempt down, then sends it. */
  send(): Promise<AttemptEnd> {
    this.#record.open();
    this.#context.attempts += 1;
    return sendAttempt(this.#context, this.#ready, this.#services, {
      relay: this.#relay,
      wantsStream: this.#record.facts.stream,
      meter: this.#meter,
      isWholeJson: (body) => this.#readPlain(body),
      beforeFinish: (outcome, head) => this.#settleStream(outcome, head),
    });
  }

  /** A fault of ours has ended it: the attempt is closed all the same. */
  close(): void {
    if (!this.#record.isOpen) return;
    this.#settle({ state: 'failed', status: 500, errorCode: 'internal', metered: this.#meter.usage() });
  }

  /** MON-6: runs before the chunk with the end of the stream goes to the client. */
  #settleStream(outcome: 'complete' | 'stream-error', head: AnswerHead): void {
    const metered = this.#meter.usage();
    if (outcome === 'stream-error')
      return this.#settle({ ...head, state: 'failed', errorCode: 'upstream_error', metered });
    if (metered) this.#settle({ ...head, state: 'settled', errorCode: null, metered });
    else this.#settle({ ...head, state: 'estimated', errorCode: null, metered: this.#estimateUsage(true) });
    this.#relay.expectEnd();
  }

  /** Settles what is not settled yet, tells about the account, and ends the client's answer. */
  finish(end: AttemptEnd): UpstreamFailure | null {
    const isAccepted = this.#relay.firstContentAtMs !== null || end.kind === 'answered-json';
    const meaning = reportAttempt(this.#ready, end, isAccepted, this.#services);
    switch (end.kind) {
      case 'answered':
        this.#relay.end();
        return null;
      case 'answered-json':
        this.#settlePlain(end, end.timings.firstContentAtMs);
        this.#relay.send(end.status, end.headers, end.body);
        return null;
      case 'client-error':
        return this.#finishRefused(end, meaning);
      case 'retryable':
        return this.#settleRetryable(end, meaning);
      case 'broken':
        this.#settleBroken(end);
        this.#endBroken(end.isErrorSent, end.isMidEvent);
        return null;
      case 'client-left':
        this.#settleClientLeft();
        return null;
    }
  }

  /** Whether the answer is one whole JSON object; one parse also gives its usage. */
  #readPlain(body: Buffer): boolean {
    const answer = readMessagesJson(body);
    this.#plainUsage = answer?.metered ?? null;
    return answer !== null;
  }

  #settlePlain(head: AnswerHead, firstContentAtMs: number | null): void {
    const metered = this.#plainUsage;
    const state = metered ? 'settled' : 'estimated';
    this.#settle({ ...head, state, errorCode: null, metered, firstContentAtMs });
  }

  /** REQ-6: the client's own error, unless it tells of the account, or the group knows where else to ask. */
  #finishRefused(
    end: Extract<AttemptEnd, { kind: 'client-error' }>,
    meaning: AnswerMeaning,
  ): UpstreamFailure | null {
    const { retryAfterMs, needsTokenRefresh } = meaning;
    if (meaning.verdict === 'retry') {
      this.#settle({ ...end, state: 'failed', errorCode: 'upstream_error', metered: null });
      return { reason: 'forbidden', retryAfterMs, needsTokenRefresh };
    }
    this.#settle({ ...end, state: 'failed', errorCode: 'invalid_request', metered: null });
    const passOn = () => passClientError(this.#context, this.#relay, end);
    const { group } = this.#context.admitted;
    const hasElsewhere = group.invalidRequestFallbackGroupId !== null;
    if (hasElsewhere && isAcceptableElsewhere(end.status, end.body.toString()))
      return { reason: 'refused-request', retryAfterMs: null, needsTokenRefresh: false, passOn };
    passOn();
    return null;
  }

  #settleRetryable(
    end: Extract<AttemptEnd, { kind: 'retryable' }>,
    { verdict, retryAfterMs, needsTokenRefresh }: AnswerMeaning,
  ): UpstreamFailure | null {
    this.#services.logger.warn(this.#describeFailure(end), 'attempt failed');
    const errorCode = mapFailureCode(end.reason);
    this.#settle({ ...end, state: 'failed', errorCode, metered: this.#meter.usage() });
    if (verdict !== 'client-error' || end.body === undefined)
      return {
        reason: end.reason,
        retryAfterMs: retryAfterMs ?? end.retryAfterMs ?? null,
        needsTokenRefresh,
      };
    // ACC-1: the operator has said that this status is the client's own error on this account.
    this.#relay.send(end.status, end.headers, end.body);
    return null;
  }

  #settleBroken(end: Extract<AttemptEnd, { kind: 'broken' }>): void {
    this.#services.logger.warn(this.#describeFailure(end), 'stream broke off');
    const metered = this.#meter.usage();
    this.#settle({ state: 'failed', status: 200, errorCode: 'upstream_error', metered });
  }

  #endBroken(isErrorSent: boolean, isMidEvent: boolean): void {
    const { writer } = this.#context;
    this.#relay.flush();
    if (isErrorSent) return writer.end();
    if (isMidEvent) writer.write(BLANK_LINE);
    return writer.sendError(
      new TollgateError('upstream_error', { message: 'The upstream broke off in the middle of the answer.' }),
    );
  }

  /**
   * MON-7, policy `abort`: what was used until now, with the output estimated from what came. A message that
   * had come whole is billed as the upstream reported it.
   */
  #settleClientLeft(): void {
    const reported = this.#meter.isComplete ? this.#meter.usage() : null;
    const metered = reported ?? this.#estimateUsage(this.#relay.firstContentAtMs !== null);
    const state = reported ? 'settled' : metered ? 'estimated' : 'failed';
    this.#settle({ state, status: CLIENT_LEFT_STATUS, errorCode: 'client_closed', metered });
  }

  /** null when the upstream said nothing of what it used, and the client has nothing of its answer. */
  #estimateUsage(isRelayed: boolean): MeteredUsage | null {
    const reported = this.#meter.usage();
    const estimatedTokens = estimateOutputTokens(this.#meter.outputBytes);
    if (reported === null && !(isRelayed && estimatedTokens > 0)) return null;
    const metered = reported ?? { usage: ZERO_USAGE, extra: [], media: null, model: null };
    const outputTokens = Math.max(metered.usage.outputTokens, estimatedTokens);
    return { ...metered, usage: { ...metered.usage, outputTokens } };
  }

  #settle(result: SettleInput): void {
    const firstContentAtMs = result.firstContentAtMs ?? this.#relay.firstContentAtMs;
    const outcome = this.#record.close({
      state: result.state,
      status: result.status > 0 ? result.status : NO_ANSWER_STATUS,
      errorCode: result.errorCode,
      metered: result.metered,
      firstTokenMs: firstContentAtMs === null ? null : Math.round(firstContentAtMs - this.#startedAtMs),
      upstreamRequestId: result.headers?.['request-id'] ?? this.#relay.upstreamRequestId,
    });
    if (outcome) noteSettled(this.#context, this.#ready.account, outcome, this.#services);
  }

  /** For the log: ids, no names, no bodies. */
  #describeFailure(end: Extract<AttemptEnd, { kind: 'retryable' | 'broken' }>): object {
    const { requestId, attemptId, accountId } = this.#record.facts;
    return { requestId, attemptId, accountId, reason: end.reason, detail: end.message };
  }
}

type SettleInput = Pick<AttemptResult, 'state' | 'status' | 'errorCode' | 'metered'> & {
  headers?: Record<string, string>;
  /** Monotonic ms, where the relay does not know it: of a plain answer. */
  firstContentAtMs?: number | null;
};

function mapFailureCode(reason: RetryReason): ErrorCode {
  switch (reason) {
    case 'rate-limited':
      return 'upstream_rate_limited';
    case 'overloaded':
      return 'overloaded';
    case 'timeout':
      return 'upstream_timeout';
    default:
      return 'upstream_error';
  }
}
