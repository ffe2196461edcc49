import { encodeDecisionRecord, type DecisionText, type NodeId, type TollgateError } from '@tollgate/core';
import type { RequestContext } from '../request-context.ts';

const CLIENT_LEFT = { status: 499, code: 'client_closed' } as const;

/**
 * The record of a request that is over, as text; null = there is none: nobody's key, or no call to a model. `nowMs` is
 * wall clock, ms since 1970 UTC.
 */
export function encodeDecision(
  context: RequestContext,
  refusal: TollgateError | null,
  { nodeId, nowMs, nowMonotonicMs }: { nodeId: NodeId; nowMs: number; nowMonotonicMs: number },
): DecisionText | null {
  const { key, group, endpoint, decision, scan } = context;
  if (key === null || group === null || endpoint?.dialect === undefined) return null;
  const { status, error } = decision;
  const durationMs = Math.max(0, Math.round(nowMonotonicMs - context.startedAtMonotonicMs));
  return encodeDecisionRecord({
    requestId: context.request.id,
    atMs: Math.round(nowMs) - durationMs,
    nodeId,
    userId: key.user.id,
    keyId: key.key.id,
    groupId: group.id,
    endpoint: endpoint.name,
    protocol: context.dialect.protocol,
    model: scan === null ? null : scan.model,
    stream: scan === null ? null : scan.stream,
    status: refusal?.status ?? status ?? CLIENT_LEFT.status,
    errorCode: refusal?.code ?? (status === null ? CLIENT_LEFT.code : error),
    durationMs,
    attempts: context.attempts,
    detail: decision,
  });
}
