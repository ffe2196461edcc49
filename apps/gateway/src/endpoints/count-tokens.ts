import { isModelSpliceNeeded, spliceModel } from '@tollgate/body';
import { TollgateError } from '@tollgate/core';
import { forwardAttempt, type AttemptEnd } from '@tollgate/forward';
import { createMessagesStreamMeter } from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';
import { forward, type ForwardServices } from '../stages/forward.ts';
import type { PickedAccount } from '../stages/pick-account.ts';
import { Relay } from '../stages/relay.ts';
import { isWholeJson } from '../stages/run-attempt.ts';
import type { UpstreamFailure } from '../upstream-failures.ts';
import { buildUpstreamRequest } from '../upstream-request.ts';

/** API-5: forwarded to an account without a slot and without a bill; no usage row. */
export function countTokens(
  context: RequestContext,
  services: ForwardServices,
): Promise<TollgateError | null> {
  return forward(context, services, { slots: false, attempt: countOnAccount });
}

async function countOnAccount(
  context: RequestContext,
  picked: PickedAccount,
  services: ForwardServices,
): Promise<UpstreamFailure | null> {
  const { group } = context.admitted;
  const { body, scan } = context.parsed;
  const { account, upstreamModel } = picked;
  const relay = new Relay(context, upstreamModel, services.clock);
  const isSpliced = isModelSpliceNeeded(scan, upstreamModel);
  const bytes = isSpliced ? spliceModel(body, scan.modelRanges, upstreamModel) : body;
  const run = forwardAttempt({
    client: services.upstream,
    request: buildUpstreamRequest(context, account, services.accounts.open(account), bytes),
    wantsStream: false,
    meter: createMessagesStreamMeter(),
    sink: relay,
    deadlines: group.deadlines,
    totalDeadlineAtMs: context.startedAtMonotonicMs + group.deadlines.totalMs,
    clock: services.clock,
    ticker: services.deadlines,
    isWholeJson,
    jsonBytesMax: services.answerBytesMax,
    beforeFinish: () => {},
  });
  context.attempts += 1;
  context.onClientLeft = () => run.clientLeft();
  const end = await run.ended;
  context.onClientLeft = null;
  return passOn(context, relay, end);
}

function passOn(context: RequestContext, relay: Relay, end: AttemptEnd): UpstreamFailure | null {
  switch (end.kind) {
    case 'retryable':
      return { reason: end.reason, retryAfterMs: end.retryAfterMs ?? null };
    case 'answered-json':
    case 'client-error':
      relay.send(end.status, end.headers, end.body);
      return null;
    case 'client-left':
      return null;
    default:
      // A plain request has no stream that could be answered or broken.
      context.writer.sendError(new TollgateError('internal'));
      return null;
  }
}
