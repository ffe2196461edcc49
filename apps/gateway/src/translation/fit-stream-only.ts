import { isStreamOnly, type SpeakingAccount } from '@tollgate/accounts';
import { TollgateError } from '@tollgate/core';
import { applyEdits, buildStreamOnlyEdits } from '@tollgate/protocol';
import type { RequestContext } from '../request-context.ts';
import { buildPassedBody } from '../upstream-request.ts';
import type { StreamOnlyCall } from './stream-only-call.ts';
import type { Translation } from './translation.ts';

export interface StreamOnlyTarget {
  account: Pick<SpeakingAccount, 'platform' | 'kind'>;
  upstreamModel: string;
}

/**
 * [API-3] What of a request has to change for an upstream that only streams, translated before or not; null = nothing,
 * as it takes what others do. Exit: 400 that names a field which such an upstream cannot honour.
 */
export function fitStreamOnly(
  context: RequestContext,
  { account, upstreamModel }: StreamOnlyTarget,
  translation: Translation | null,
): StreamOnlyCall | TollgateError | null {
  const { protocol } = translation?.call.dialect ?? context.dialect;
  if (!isStreamOnly(account, protocol)) return null;
  const body = translation?.body ?? buildPassedBody(context, upstreamModel);
  const { edits, dropped, refused } = buildStreamOnlyEdits(body);
  if (refused !== null) return buildRefusal(refused);
  return { body: applyEdits(body, edits), dropped, gathers: !context.parsed.scan.stream };
}

function buildRefusal(param: string): TollgateError {
  const message = `${param}: not possible on this upstream, which keeps nothing: send the whole history as input`;
  return new TollgateError('invalid_request', { message, param });
}
