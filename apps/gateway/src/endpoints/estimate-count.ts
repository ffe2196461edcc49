import { estimateInputTokens } from '@tollgate/body';
import { TollgateError, type Protocol } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { listEligible, type PickAccountServices } from '../stages/pick-account.ts';

const NO_STREAM = { message: 'A count is not answered by a stream.' };

/** API-5: what tells a client that nobody has counted. */
export const ESTIMATE_HEADERS = { 'x-tollgate-estimate': '1' } as const;

/**
 * API-5: tokens by the size of the request, where no account of the group could count it: the labelled estimate that
 * limits and holds go by. Exit: 400 for a model that is not offered, 503 no account.
 */
export async function estimateCount(
  context: RequestContext,
  services: PickAccountServices,
): Promise<TollgateError | null> {
  const eligible = await listEligible(context, services, { excluded: new Set(), slots: false });
  if (eligible instanceof TollgateError) return eligible;
  sendEstimate(context);
  return null;
}

export function sendEstimate(context: RequestContext): void {
  const { body, scan } = context.parsed;
  sendCount(context, estimateInputTokens({ bodyBytes: body.length, scan }), ESTIMATE_HEADERS);
}

/** A count of ours, in the client's words. */
export function sendCount(context: RequestContext, tokens: number, headers: Record<string, string>): void {
  const { writer, dialect, answerHeaders, attempts } = context;
  context.stopKeepAlive();
  // A ping may have begun a stream, where the body asked for one: a count is none.
  if (writer.state !== 'idle') return writer.sendError(new TollgateError('upstream_error', NO_STREAM));
  writer.send(
    200,
    {
      'content-type': 'application/json',
      ...headers,
      ...answerHeaders,
      ...(attempts > 0 && { 'x-tollgate-attempts': String(attempts) }),
    },
    JSON.stringify(buildCount(dialect.protocol, tokens)),
  );
}

function buildCount(protocol: Protocol, tokens: number): object {
  return protocol === 'messages' ? { input_tokens: tokens } : { totalTokens: tokens };
}
