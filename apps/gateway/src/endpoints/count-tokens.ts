import { TollgateError, type Platform, type Protocol } from '@tollgate/core';
import type { AttemptEnd } from '@tollgate/forward';
import type { AnswerMeaning } from '@tollgate/accounts';
import { reportAttempt } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import { estimateCount } from './estimate-count.ts';
import { forward, type ForwardServices } from '../stages/forward.ts';
import { Relay } from '../stages/relay.ts';
import { passClientError, sendAttempt, stopListening, type ReadyAccount } from '../stages/send-attempt.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { isAboutSignatures } from '../upstream-request.ts';

/** The protocol in which a platform counts tokens; OpenAI has no such call. */
const COUNTED: Readonly<Partial<Record<Platform, Protocol>>> = { anthropic: 'messages', gemini: 'gemini' };

/**
 * API-5: forwarded to an account without a slot and without a bill, where the group's upstream can count what the client
 * sends; else estimated. No usage row.
 */
export function countTokens(
  context: RequestContext,
  services: ForwardServices,
): Promise<TollgateError | null> {
  if (COUNTED[context.admitted.group.platform] !== context.dialect.protocol)
    return estimateCount(context, services);
  return forward(context, services, { slots: false, attempt: countOnAccount });
}

async function countOnAccount(
  context: RequestContext,
  ready: ReadyAccount,
  services: ForwardServices,
): Promise<UpstreamFailure | null> {
  const relay = new Relay(context, ready, services.clock);
  const { dialect } = context;
  const { scan } = context.parsed;
  context.attempts += 1;
  const end = await sendAttempt(context, ready, services, {
    relay,
    wantsStream: false,
    meter: dialect.createMeter(scan),
    isWholeJson: (body) => dialect.readAnswer(body, scan) !== null && relay.takeAnswer(body),
    beforeFinish: () => {},
    onClientLeft: (run) => run.clientLeft(),
  }).finally(() => stopListening(context));
  context.decision.noteAttempt(null, readStatus(end), end.kind === 'retryable' ? end.reason : null);
  if (end.kind === 'retryable') logFailure(context, ready, end, services);
  return passOn(context, relay, end, reportAttempt(ready, end, true, services));
}

/** 502 = there was no answer. */
function readStatus(end: AttemptEnd): number {
  if (end.kind === 'client-left') return 499;
  return 'status' in end && end.status > 0 ? end.status : 502;
}

function passOn(
  context: RequestContext,
  relay: Relay,
  end: AttemptEnd,
  { verdict, retryAfterMs, needsTokenRefresh }: AnswerMeaning,
): UpstreamFailure | null {
  switch (end.kind) {
    case 'retryable':
      return {
        reason: end.reason,
        retryAfterMs: retryAfterMs ?? end.retryAfterMs ?? null,
        needsTokenRefresh,
      };
    case 'answered-json':
      relay.sendAnswer(end.status, end.headers);
      return null;
    case 'client-error':
      if (verdict === 'retry') return { reason: 'forbidden', retryAfterMs, needsTokenRefresh };
      if (isAboutSignatures(context, end))
        return { reason: 'refused-signature', retryAfterMs: null, needsTokenRefresh: false };
      passClientError(context, relay, end);
      return null;
    case 'client-left':
      return null;
    default:
      // A plain request has no stream that could be answered or broken.
      context.writer.sendError(new TollgateError('internal'));
      return null;
  }
}

function logFailure(
  context: RequestContext,
  { account }: ReadyAccount,
  { reason, message }: Extract<AttemptEnd, { kind: 'retryable' }>,
  { logger }: ForwardServices,
): void {
  const detail = { requestId: context.request.id, accountId: account.id, reason, detail: message };
  logger.warn(detail, 'count failed');
}
