import type { AttemptEnd } from '@tollgate/forward';
import { reportAttempt } from '../account-feedback.ts';
import type { RequestContext } from '../request-context.ts';
import type { ForwardServices } from '../stages/forward-options.ts';
import { Relay } from '../stages/relay.ts';
import { sendAttempt, stopListening } from '../stages/send-attempt.ts';
import type { ReadyAccount } from '../stages/ready-account.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { ESTIMATE_HEADERS, sendCount, sendEstimate } from './estimate-count.ts';
import { logFailure, readStatus } from './log-count.ts';

/**
 * API-5: one count by an upstream of another protocol than the client's. Code Assist knows not all of its models there,
 * and says so in many ways: whatever comes back but a count, the client gets the labelled estimate at once. A refused
 * token is refreshed once.
 */
export async function countTranslated(
  context: RequestContext,
  ready: ReadyAccount,
  services: ForwardServices,
): Promise<UpstreamFailure | null> {
  let tokens: number | null = null;
  const dialect = ready.translation?.call.dialect ?? context.dialect;
  context.attempts += 1;
  const run = sendAttempt(context, ready, services, {
    relay: new Relay(context, ready, services.clock),
    wantsStream: false,
    meter: dialect.createMeter(context.parsed.scan),
    isWholeJson: (body) => (tokens = readTotal(body)) !== null,
    beforeFinish: () => {},
  });
  context.clientListener = run;
  const end = await run.ended.finally(() => stopListening(context));
  context.decision.noteAttempt(null, readStatus(end), end.kind === 'retryable' ? end.reason : null);
  if (end.kind === 'client-left') return null;
  if (end.kind === 'retryable') logFailure(context, ready, end, services);
  if (needsTokenRefresh(ready, end, services))
    return { reason: 'auth', retryAfterMs: null, needsTokenRefresh: true };
  if (end.kind !== 'answered-json' || tokens === null) sendEstimate(context);
  else sendCount(context, tokens, ready.translation?.isApproximate === true ? ESTIMATE_HEADERS : {});
  return null;
}

/**
 * Only what a count says of the token is told of the account: that it is not served, or has a quota of its own, is no
 * reason to keep messages from it.
 */
function needsTokenRefresh(ready: ReadyAccount, end: AttemptEnd, services: ForwardServices): boolean {
  const isAboutToken = end.kind === 'answered-json' || readStatus(end) === 401;
  return isAboutToken && reportAttempt(ready, end, true, services).needsTokenRefresh;
}

/** null = it is no count. */
function readTotal(body: Buffer): number | null {
  try {
    const answer: unknown = JSON.parse(body.toString());
    if (typeof answer !== 'object' || answer === null) return null;
    const total: unknown =
      'input_tokens' in answer ? answer.input_tokens : Reflect.get(answer, 'totalTokens');
    return typeof total === 'number' && Number.isSafeInteger(total) && total >= 0 ? total : null;
  } catch {
    return null;
  }
}
