import { estimateInputTokens } from '@tollgate/body';
import { TollgateError, type Protocol } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';
import { listEligible, type PickAccountServices } from '../stages/pick-account.ts';

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
  const { body, scan } = context.parsed;
  const tokens = estimateInputTokens({ bodyBytes: body.length, scan });
  const headers = { 'content-type': 'application/json', ...ESTIMATE_HEADERS, ...context.answerHeaders };
  context.writer.send(200, headers, JSON.stringify(buildCount(context.dialect.protocol, tokens)));
  return null;
}

function buildCount(protocol: Protocol, tokens: number): object {
  return protocol === 'messages' ? { input_tokens: tokens } : { totalTokens: tokens };
}
