import { TollgateError, type Platform, type Protocol } from '@tollgate/core';
import type { AttemptEnd } from '@tollgate/forward';
import { selectUpstreamProtocol, type AnswerMeaning } from '@tollgate/accounts';
import { reportAttempt } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import { forward } from '../stages/forward.ts';
import type { AccountAttempt, ForwardServices } from '../stages/forward-options.ts';
import { Relay } from '../stages/relay.ts';
import { passClientError, sendAttempt, stopListening } from '../stages/send-attempt.ts';
import type { ReadyAccount } from '../stages/ready-account.ts';
import { translateCount } from '../translation/translate-count.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { isAboutSignatures } from '../upstream-request.ts';
import { countTranslated } from './count-translated.ts';
import { estimateCount, sendEstimate } from './estimate-count.ts';
import { logFailure, readStatus } from './log-count.ts';

/** The protocol in which a platform's public API counts tokens; OpenAI has no such call. */
const COUNTED: Readonly<Partial<Record<Platform, Protocol>>> = { anthropic: 'messages', gemini: 'gemini' };

/**
 * API-5: forwarded to an account without a slot and without a bill, in the upstream's own words; estimated where it has
 * no such call, or fails at one that we have translated. No usage row.
 */
export async function countTokens(
  context: RequestContext,
  services: ForwardServices,
): Promise<TollgateError | null> {
  const { platform } = context.admitted.group;
  if (platform === 'openai') return estimateCount(context, services);
  let canEstimate = COUNTED[platform] !== context.dialect.protocol;
  const refusal = await forward(context, services, {
    slots: false,
    translate: translateCount,
    attempt(_, ready) {
      canEstimate ||= ready.translation !== null;
      return selectAttempt(context, ready)(context, ready, services);
    },
  });
  return refusal !== null && canEstimate && !context.clientHasLeft
    ? estimateCount(context, services)
    : refusal;
}

function selectAttempt({ dialect }: RequestContext, { account, translation }: ReadyAccount): AccountAttempt {
  if (translation !== null) return countTranslated;
  const isSpoken = selectUpstreamProtocol(account, dialect.protocol) === dialect.protocol;
  return isSpoken ? countOnAccount : estimateInstead;
}

async function estimateInstead(context: RequestContext): Promise<null> {
  sendEstimate(context);
  return null;
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
  const run = sendAttempt(context, ready, services, {
    relay,
    wantsStream: false,
    meter: dialect.createMeter(scan),
    isWholeJson: (body) => dialect.readAnswer(body, scan) !== null && relay.takeAnswer(body),
    beforeFinish: () => {},
  });
  context.clientListener = run;
  const end = await run.ended.finally(() => stopListening(context));
  context.decision.noteAttempt(null, readStatus(end), end.kind === 'retryable' ? end.reason : null);
  if (end.kind === 'retryable') logFailure(context, ready, end, services);
  return passOn(context, relay, end, reportAttempt(ready, end, true, services));
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
