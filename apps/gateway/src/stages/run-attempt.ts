import { isModelSpliceNeeded, spliceModel } from '@tollgate/body';
import {
  createId,
  parseMultiplier,
  TollgateError,
  type AttemptFacts,
  type ErrorCode,
  type MeteredUsage,
  type NodeId,
} from '@tollgate/core';
import {
  forwardAttempt,
  type AnswerHead,
  type AttemptEnd,
  type DeadlineTicker,
  type RetryReason,
  type UpstreamClient,
} from '@tollgate/forward';
import { JournalFullError } from '@tollgate/journal';
import {
  createMessagesStreamMeter,
  estimateOutputTokens,
  readMessagesJson,
  type MessagesJsonUsage,
  type MessagesStreamMeter,
} from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';
import type { OpenedAccounts } from '../snapshots/opened-accounts.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { buildUpstreamRequest } from '../upstream-request.ts';
import type { PickedAccount } from './pick-account.ts';
import { Relay } from './relay.ts';
import { settleAttempt, type AttemptResult, type SettleServices } from './settle.ts';

export interface AttemptServices extends SettleServices {
  nodeId: NodeId;
  upstream: UpstreamClient;
  deadlines: DeadlineTicker;
  accounts: OpenedAccounts;
  /** Largest plain answer that is taken from an upstream. */
  answerBytesMax: number;
}

/** The status of an attempt that got no answer. */
const NO_ANSWER_STATUS = 502;
const BLANK_LINE = Buffer.from('\n\n');

/**
 * One attempt, written down before it is sent and closed once. null = the client has its answer (or has
 * left); else the reason to try another account. Throws `unavailable` when the journal is full.
 */
export async function runAttempt(
  context: RequestContext,
  picked: PickedAccount,
  services: AttemptServices,
): Promise<UpstreamFailure | null> {
  const attempt = new Attempt(context, picked, services);
  try {
    return await attempt.run();
  } finally {
    attempt.close();
  }
}

class Attempt {
  readonly #context: RequestContext;
  readonly #picked: PickedAccount;
  readonly #services: AttemptServices;
  readonly #facts: AttemptFacts;
  readonly #relay: Relay;
  readonly #meter: MessagesStreamMeter = createMessagesStreamMeter();
  readonly #startedAtMs: number;
  /** Of a plain answer that is whole. */
  #plainUsage: MessagesJsonUsage | null = null;
  #isOpen = false;

  constructor(context: RequestContext, picked: PickedAccount, services: AttemptServices) {
    this.#context = context;
    this.#picked = picked;
    this.#services = services;
    this.#facts = buildFacts(context, picked, services);
    this.#relay = new Relay(context, picked.upstreamModel, services.clock);
    this.#startedAtMs = services.clock.monotonicMs();
  }

  async run(): Promise<UpstreamFailure | null> {
    const { group } = this.#context.admitted;
    const request = this.#buildRequest();
    this.#open();
    const run = forwardAttempt({
      client: this.#services.upstream,
      request,
      wantsStream: this.#facts.stream,
      meter: this.#meter,
      sink: this.#relay,
      deadlines: group.deadlines,
      totalDeadlineAtMs: this.#context.startedAtMonotonicMs + group.deadlines.totalMs,
      clock: this.#services.clock,
      ticker: this.#services.deadlines,
      isWholeJson: (body) => this.#readPlain(body),
      jsonBytesMax: this.#services.answerBytesMax,
      beforeFinish: (outcome, head) => this.#settleStream(outcome, head),
    });
    this.#context.onClientLeft = () => run.clientLeft();
    this.#context.writer.onDrain = () => run.drain();
    const end = await run.ended;
    this.#context.onClientLeft = null;
    this.#context.writer.onDrain = null;
    return this.#finish(end);
  }

  /** Whatever happened: the attempt is closed in the journal, its slot is given back. */
  close(): void {
    if (this.#picked.lease) this.#services.store.release([this.#picked.lease]);
    if (this.#isOpen) {
      this.#settle({ state: 'failed', status: 500, errorCode: 'internal', metered: this.#meter.usage() });
    }
  }

  #buildRequest() {
    const { body, scan } = this.#context.parsed;
    const { account, upstreamModel } = this.#picked;
    return buildUpstreamRequest(
      this.#context,
      account,
      this.#services.accounts.open(account),
      isModelSpliceNeeded(scan, upstreamModel) ? spliceModel(body, scan.modelRanges, upstreamModel) : body,
    );
  }

  #open(): void {
    try {
      this.#services.journal.open(this.#facts);
    } catch (cause) {
      if (!(cause instanceof JournalFullError)) throw cause;
      throw new TollgateError('unavailable', { cause, retryAfterMs: 5_000 });
    }
    this.#isOpen = true;
    this.#context.attempts += 1;
  }

  /** MON-6: runs before the chunk with the end of the stream goes to the client. */
  #settleStream(outcome: 'complete' | 'stream-error', head: AnswerHead): void {
    const metered = this.#meter.usage();
    if (outcome === 'stream-error')
      this.#settle({ ...head, state: 'failed', errorCode: 'upstream_error', metered });
    else if (metered) this.#settle({ ...head, state: 'settled', errorCode: null, metered });
    else this.#settle({ ...head, state: 'estimated', errorCode: null, metered: this.#estimateUsage() });
  }

  #finish(end: AttemptEnd): UpstreamFailure | null {
    switch (end.kind) {
      case 'answered':
        this.#context.writer.end();
        return null;
      case 'answered-json':
        this.#settlePlain(end, end.timings.firstContentAtMs);
        this.#relay.send(end.status, end.headers, end.body);
        return null;
      case 'client-error':
        this.#settle({ ...end, state: 'failed', errorCode: 'invalid_request', metered: null });
        if (end.isBodyWhole) this.#relay.send(end.status, end.headers, end.body);
        else this.#context.writer.sendError(new TollgateError('upstream_error'));
        return null;
      case 'retryable':
        this.#services.logger.warn(this.#describeFailure(end), 'attempt failed');
        this.#settle({
          ...end,
          state: 'failed',
          errorCode: mapFailureCode(end.reason),
          metered: this.#meter.usage(),
        });
        return { reason: end.reason, retryAfterMs: end.retryAfterMs ?? null };
      case 'broken':
        this.#services.logger.warn(this.#describeFailure(end), 'stream broke off');
        this.#settle({
          state: 'failed',
          status: 200,
          errorCode: 'upstream_error',
          metered: this.#meter.usage(),
        });
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
    this.#settle({
      ...head,
      state: metered ? 'settled' : 'estimated',
      errorCode: null,
      metered,
      firstContentAtMs,
    });
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

  /** MON-7, policy `abort`: what was used until now, with the output estimated from what came. */
  #settleClientLeft(): void {
    const metered = this.#estimateUsage();
    const state = metered === null ? 'failed' : 'estimated';
    this.#settle({ state, status: 499, errorCode: 'client_closed', metered });
  }

  /** null when the upstream said nothing of what it used. */
  #estimateUsage(): MeteredUsage | null {
    const metered = this.#meter.usage();
    if (metered === null) return null;
    const outputTokens = Math.max(metered.usage.outputTokens, estimateOutputTokens(this.#meter.outputBytes));
    return { ...metered, usage: { ...metered.usage, outputTokens } };
  }

  #settle(result: SettleInput): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const firstContentAtMs = result.firstContentAtMs ?? this.#relay.firstContentAtMs;
    settleAttempt(
      this.#facts,
      {
        state: result.state,
        status: result.status > 0 ? result.status : NO_ANSWER_STATUS,
        errorCode: result.errorCode,
        metered: result.metered,
        firstTokenMs: firstContentAtMs === null ? null : Math.round(firstContentAtMs - this.#startedAtMs),
        upstreamRequestId: result.headers?.['request-id'] ?? null,
      },
      this.#services,
    );
  }

  /** For the log: ids, no names, no bodies. */
  #describeFailure(end: Extract<AttemptEnd, { kind: 'retryable' | 'broken' }>): object {
    const { requestId, attemptId, accountId } = this.#facts;
    return { requestId, attemptId, accountId, reason: end.reason, detail: end.message };
  }
}

type SettleInput = Pick<AttemptResult, 'state' | 'status' | 'errorCode' | 'metered'> & {
  headers?: Record<string, string>;
  /** Monotonic ms, where the relay does not know it: of a plain answer. */
  firstContentAtMs?: number | null;
};

function buildFacts(context: RequestContext, picked: PickedAccount, services: AttemptServices): AttemptFacts {
  const { key, group } = context.admitted;
  const { scan } = context.parsed;
  const atMs = services.clock.nowMs();
  return {
    attemptId: createId('attempt', atMs),
    requestId: context.request.id,
    nodeId: services.nodeId,
    atMs,
    userId: key.user.id,
    keyId: key.key.id,
    groupId: group.id,
    accountId: picked.account.id,
    protocol: 'messages',
    model: scan.model,
    upstreamModel: picked.upstreamModel,
    stream: scan.stream,
    rateMultiplier: parseMultiplier(group.rateMultiplier),
  };
}

/** A plain answer is whole when it is one JSON object. */
export function isWholeJson(body: Buffer): boolean {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return typeof value === 'object' && value !== null && !Array.isArray(value);
  } catch {
    return false;
  }
}

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
