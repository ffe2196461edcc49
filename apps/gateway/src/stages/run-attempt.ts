import { estimateInputTokens } from '@tollgate/body';
import { TollgateError, type ErrorCode, type MeteredUsage } from '@tollgate/core';
import type { AnswerHead, AttemptEnd, RetryReason } from '@tollgate/forward';
import { buildClientError, type JsonAnswer, type ProtocolStreamMeter } from '@tollgate/protocol';
import { isAcceptableElsewhere, type AnswerMeaning } from '@tollgate/accounts';
import { reportAttempt, type FeedbackServices } from '../account-feedback.ts';
import type { StreamChecks } from '../conformance/stream-checks.ts';
import type { UpstreamDialect } from '../dialects/dialect.ts';
import type { RequestContext } from '../request-context.ts';
import type { ReadyAccount } from './ready-account.ts';
import type { OpenedAccounts } from '../snapshots/opened-accounts.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { isAboutSignatures } from '../upstream-request.ts';
import { estimateUsage } from '../hang-up/estimate-usage.ts';
import { HangUp } from '../hang-up/hang-up.ts';
import type { RunningDrains } from '../hang-up/running-drains.ts';
import { AttemptRecord, type RecordServices } from './attempt-record.ts';
import { noteSettled, type NoteServices } from './note-settled.ts';
import { Relay } from './relay.ts';
import { passClientError, sendAttempt, stopListening, type SendServices } from './send-attempt.ts';
import type { AttemptResult } from './settle.ts';
import { UNMETERED } from './unmetered.ts';

export interface AttemptServices extends RecordServices, SendServices, NoteServices, FeedbackServices {
  accounts: OpenedAccounts;
  drains: RunningDrains;
  /** null = none is looked at. */
  streamChecks: StreamChecks | null;
}

/** The status of an attempt that got no answer. */
const NO_ANSWER_STATUS = 502;
const LEFT = { status: 499, errorCode: 'client_closed' } as const;
const BLANK_LINE = Buffer.from('\n\n');
const ARRAY_END = Buffer.from('\n]');

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
    await attempt.open();
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
  /** What the upstream speaks. */
  readonly #dialect: UpstreamDialect;
  /** The upstream answers with a stream, whatever the client gets. */
  readonly #isStream: boolean;
  readonly #meter: ProtocolStreamMeter;
  readonly #startedAtMs: number;
  /** Of a plain answer that is whole. */
  #plainUsage: JsonAnswer['metered'] = null;
  readonly #hangUp: HangUp;

  constructor(context: RequestContext, ready: ReadyAccount, services: AttemptServices) {
    this.#context = context;
    this.#ready = ready;
    this.#services = services;
    this.#dialect = ready.translation?.call.dialect ?? context.dialect;
    const { scan } = context.parsed;
    this.#isStream = scan.stream || ready.streamOnly?.gathers === true;
    this.#meter = this.#isStream ? this.#dialect.createMeter(scan) : UNMETERED;
    this.#record = new AttemptRecord(context, ready, services);
    this.#relay = new Relay(context, ready, services.clock, services.streamChecks);
    this.#startedAtMs = services.clock.monotonicMs();
    this.#hangUp = new HangUp(context.admitted.group, this.#meter, services.drains);
  }

  /** Writes the attempt down, before anything else. */
  open(): Promise<void> {
    return this.#record.open();
  }

  send(): Promise<AttemptEnd> {
    this.#context.attempts += 1;
    const run = sendAttempt(this.#context, this.#ready, this.#services, {
      relay: this.#relay,
      wantsStream: this.#record.facts.stream,
      meter: this.#meter,
      isWholeJson: (body) => this.#readPlain(body),
      beforeFinish: (outcome, head) => this.#settleStream(outcome, head),
    });
    this.#hangUp.watch(run);
    this.#context.clientListener = this.#hangUp;
    this.#hangUp.markSent();
    return run.ended;
  }

  /** It is over. Where a fault of ours has ended it, the attempt is closed all the same. */
  close(): void {
    this.#hangUp.stop();
    if (!this.#record.isOpen) return;
    this.#settle({ state: 'failed', status: 500, errorCode: 'internal', metered: this.#meter.usage() });
  }

  /** MON-6: runs before the chunk with the end of the stream goes to the client. */
  #settleStream(outcome: 'complete' | 'stream-error', head: AnswerHead): void {
    if (outcome === 'stream-error') return this.#settleCutOff(head);
    const metered = this.#meter.usage();
    if (metered) this.#settleWhole(head, 'settled', metered);
    else this.#settleWhole(head, 'estimated', this.#estimate(this.#meter.outputBytes));
    this.#relay.expectEnd();
  }

  /** The answer came to its end, with its client or without. */
  #settleWhole(head: SettleHead, state: 'settled' | 'estimated', metered: MeteredUsage): void {
    const { headers, firstContentAtMs = null } = head;
    const { status, errorCode } = this.#context.clientHasLeft
      ? LEFT
      : { status: head.status, errorCode: null };
    this.#settle({ status, headers, firstContentAtMs, state, errorCode, metered });
  }

  /** Settles what is not settled yet, tells about the account, and ends the client's answer. */
  finish(end: AttemptEnd): UpstreamFailure | null {
    const isAccepted =
      this.#relay.firstContentAtMs !== null || end.kind === 'answered' || end.kind === 'answered-json';
    const meaning = reportAttempt(this.#ready, end, isAccepted, this.#services);
    switch (end.kind) {
      case 'answered':
        this.#relay.end();
        return null;
      case 'answered-json':
        this.#settlePlain(end, end.timings.firstContentAtMs);
        this.#relay.sendAnswer(end.status, end.headers);
        return null;
      case 'client-error':
        return this.#finishRefused(end, meaning);
      case 'retryable':
        return this.#settleRetryable(end, meaning);
      case 'broken':
        this.#services.logger.warn(this.#describeFailure(end), 'stream broke off');
        this.#settleCutOff({ status: 200 });
        this.#endBroken(end);
        return null;
      case 'client-left':
        this.#settleClientLeft(end);
        return null;
    }
  }

  /** Whether the answer is one whole JSON object; one parse also gives its usage. */
  #readPlain(body: Buffer): boolean {
    const answer = this.#dialect.readAnswer(body, this.#context.parsed.scan);
    this.#plainUsage = answer?.metered ?? null;
    return answer !== null && this.#relay.takeAnswer(body);
  }

  #settlePlain(end: Extract<AttemptEnd, { kind: 'answered-json' }>, firstContentAtMs: number | null): void {
    const head = { status: end.status, headers: end.headers, firstContentAtMs };
    const metered = this.#plainUsage;
    if (metered) this.#settleWhole(head, 'settled', metered);
    else this.#settleWhole(head, 'estimated', this.#estimate(this.#meter.outputBytes || end.body.length));
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
    // A history in the upstream's own protocol, bare or in its envelope.
    if (!this.#ready.translation?.answer && isAboutSignatures(this.#context, end, this.#ready.upstreamModel))
      return { reason: 'refused-signature', retryAfterMs: null, needsTokenRefresh: false };
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
    this.#relay.sendError(end.status, end.headers, end.body);
    return null;
  }

  /**
   * The upstream failed after content. A client that was there has half an answer and pays nothing; what it had is
   * written down. One that had left by itself pays for what it had until then.
   */
  #settleCutOff(head: SettleHead): void {
    const { bytesSeen } = this.#hangUp;
    const metered = this.#estimate(bytesSeen ?? this.#meter.outputBytes);
    if (bytesSeen !== null && this.#relay.firstContentAtMs !== null)
      this.#settle({ ...head, ...LEFT, state: 'estimated', metered });
    else this.#settle({ ...head, state: 'failed', errorCode: 'upstream_error', metered });
  }

  #endBroken({ isErrorSent, isMidEvent }: Extract<AttemptEnd, { kind: 'broken' }>): void {
    const { writer, arrayState } = this.#context;
    const isTranslated = this.#ready.translation !== null;
    this.#relay.flush();
    if (isErrorSent && !isTranslated) return this.#endBehindError(isMidEvent);
    // In the middle of a JSON text nothing can be said any more.
    if (arrayState?.takesElement === false) return writer.cut();
    // Translated events are always whole.
    if (isMidEvent && !isTranslated && arrayState === null) writer.write(BLANK_LINE);
    return writer.sendError(this.#explainBreak());
  }

  /** The client has the upstream's own error; what would keep it from reading it is mended. */
  #endBehindError(isMidEvent: boolean): void {
    const { writer, arrayState } = this.#context;
    if (arrayState === null && isMidEvent) writer.write(BLANK_LINE);
    if (arrayState?.hasElements && arrayState.takesElement) writer.write(ARRAY_END);
    writer.end();
  }

  /** Of an upstream's own error event that a translation has kept back, its words where they may be told (REQ-6). */
  #explainBreak(): TollgateError {
    const { error } = this.#meter;
    if (error !== null) return buildClientError({ ...error, code: null, param: null, retryAfterMs: null });
    return new TollgateError('upstream_error', {
      message: 'The upstream broke off in the middle of the answer.',
    });
  }

  /**
   * MON-7: the upstream was cut, at once or at the end of a drain. A message that had come whole is billed as the
   * upstream reported it; else by estimate, if there is something to pay for.
   */
  #settleClientLeft(end: Extract<AttemptEnd, { kind: 'client-left' }>): void {
    const { headers } = end;
    const reported = this.#meter.isFinished ? this.#meter.usage() : null;
    if (reported) return this.#settle({ ...LEFT, headers, state: 'settled', metered: reported });
    const hadContent = this.#relay.firstContentAtMs !== null;
    if (!this.#hangUp.isPayable(end, { isStream: this.#isStream, hadContent }))
      return this.#settle({ ...LEFT, headers, state: 'failed', metered: this.#meter.usage() });
    const metered = this.#estimate(this.#meter.outputBytes + end.plainBytes);
    this.#settle({ ...LEFT, headers, state: 'estimated', metered });
  }

  #estimate(outputBytes: number): MeteredUsage {
    const { body, scan } = this.#context.parsed;
    const inputTokens = estimateInputTokens({ bodyBytes: body.length, scan });
    return estimateUsage({ reported: this.#meter.usage(), inputTokens, outputBytes });
  }

  #settle(result: SettleInput): void {
    const firstContentAtMs = result.firstContentAtMs ?? this.#relay.firstContentAtMs;
    if (firstContentAtMs !== null)
      this.#context.decision.firstContentAfterMs = Math.round(
        firstContentAtMs - this.#context.startedAtMonotonicMs,
      );
    const outcome = this.#record.close({
      state: result.state,
      status: result.status > 0 ? result.status : NO_ANSWER_STATUS,
      errorCode: result.errorCode,
      metered: result.metered,
      firstTokenMs: firstContentAtMs === null ? null : Math.round(firstContentAtMs - this.#startedAtMs),
      upstreamRequestId: result.headers?.[this.#dialect.requestIdHeader] ?? this.#relay.upstreamRequestId,
    });
    if (outcome) noteSettled(this.#context, this.#ready.account, outcome, this.#services);
  }

  /** For the log: ids, no names, no bodies. */
  #describeFailure(end: Extract<AttemptEnd, { kind: 'retryable' | 'broken' }>): object {
    const { requestId, attemptId, accountId } = this.#record.facts;
    return { requestId, attemptId, accountId, reason: end.reason, detail: end.message };
  }
}

interface SettleHead {
  status: number;
  headers?: Record<string, string>;
  /** Monotonic ms, where the relay does not know it: of a plain answer, or one that nobody heard. */
  firstContentAtMs?: number | null;
}

type SettleInput = SettleHead & Pick<AttemptResult, 'state' | 'errorCode' | 'metered'>;

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
