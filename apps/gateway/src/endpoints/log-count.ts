import type { AttemptEnd } from '@tollgate/forward';
import type { RequestContext } from '../request-context.ts';
import type { ForwardServices } from '../stages/forward-options.ts';
import type { ReadyAccount } from '../stages/ready-account.ts';

/** 502 = there was no answer. */
export function readStatus(end: AttemptEnd): number {
  if (end.kind === 'client-left') return 499;
  return 'status' in end && end.status > 0 ? end.status : 502;
}

export function logFailure(
  context: RequestContext,
  { account }: ReadyAccount,
  { reason, message }: Extract<AttemptEnd, { kind: 'retryable' }>,
  { logger }: ForwardServices,
): void {
  const detail = { requestId: context.request.id, accountId: account.id, reason, detail: message };
  logger.warn(detail, 'count failed');
}
