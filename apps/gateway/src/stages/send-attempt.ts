import { TollgateError, type Clock } from '@tollgate/core';
import { createResponsesGatherer } from '@tollgate/protocol';
import {
  forwardAttempt,
  type AttemptEnd,
  type AttemptOptions,
  type AttemptRun,
  type DeadlineTicker,
  type UpstreamClient,
} from '@tollgate/forward';
import type { RequestContext } from '../request-context.ts';
import { buildUpstreamRequest } from '../upstream-request.ts';
import type { ReadyAccount } from './ready-account.ts';
import type { Relay } from './relay.ts';

export interface SendServices {
  upstream: UpstreamClient;
  deadlines: DeadlineTicker;
  clock: Clock;
  /** Largest plain answer that is taken from an upstream. */
  answerBytesMax: number;
}

/** What differs between calls. */
export interface SendParts extends Pick<
  AttemptOptions,
  'wantsStream' | 'meter' | 'beforeFinish' | 'isWholeJson'
> {
  relay: Relay;
}

/**
 * Sends the client's request on one account. Who sends names the `clientListener` (MON-7: what becomes of the upstream
 * when the client leaves), and calls `stopListening` at the end. `ended` rejects only with what the parts threw.
 */
export function sendAttempt(
  context: RequestContext,
  ready: ReadyAccount,
  services: SendServices,
  parts: SendParts,
): AttemptRun {
  const { deadlines } = context.admitted.group;
  const dialect = ready.translation?.call.dialect ?? context.dialect;
  const run = forwardAttempt({
    protocol: dialect.protocol,
    streamMediaType: dialect.streamMediaType,
    wantsStream: parts.wantsStream,
    gatherer: ready.streamOnly?.gathers === true ? createResponsesGatherer(services.answerBytesMax) : null,
    meter: parts.meter,
    isWholeJson: parts.isWholeJson,
    beforeFinish: parts.beforeFinish,
    client: services.upstream,
    request: buildUpstreamRequest(context, ready),
    sink: parts.relay,
    deadlines,
    totalDeadlineAtMs: context.startedAtMonotonicMs + deadlines.totalMs,
    clock: services.clock,
    ticker: services.deadlines,
    jsonBytesMax: services.answerBytesMax,
  });
  const drain = (): void => run.drain();
  context.writer.onDrain = drain;
  return run;
}

/** The attempt is over, and must not be kept alive by those who told it of the client. */
export function stopListening(context: RequestContext): void {
  context.clientListener = null;
  context.writer.onDrain = null;
}

/** REQ-6: the upstream's verdict on the client's own mistake, as it came; not where it came only in part. */
export function passClientError(
  context: RequestContext,
  relay: Relay,
  end: Extract<AttemptEnd, { kind: 'client-error' }>,
): void {
  if (end.isBodyWhole) relay.sendError(end.status, end.headers, end.body);
  else context.writer.sendError(new TollgateError('upstream_error'));
}
