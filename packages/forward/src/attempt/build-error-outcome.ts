import type { Protocol } from '@tollgate/core';
import { parseRetryAfterMs } from '@tollgate/protocol';
import type { AttemptOutcome } from './attempt-end.ts';
import { mapErrorStatus, mapErrorType, type RetryReason } from './map-upstream-error.ts';
import { parseErrorBody } from './parse-error-body.ts';
import { isEncoded } from './select-headers-event.ts';

/** What is known of an upstream's answer that will not go to the client as it is. */
export interface FailedAnswer {
  /** 0 = none came. */
  status: number;
  headers: Record<string, string>;
  body: Buffer;
  isBodyWhole: boolean;
  protocol: Protocol;
  /** Why the exchange itself failed, where it did. */
  reason: RetryReason;
  message: string;
  /** Wall clock, for dates in `retry-after`. */
  nowMs: number;
}

const NO_BYTES = Buffer.alloc(0);

/** The verdict on an answer that came to its end, or was cut once its status was known. */
export function buildErrorOutcome(answer: FailedAnswer): AttemptOutcome {
  const isReadable = !isEncoded(answer.headers);
  const body = isReadable ? answer.body : NO_BYTES;
  const error = parseErrorBody(body, answer.protocol);
  const isSuccess = answer.status < 300;
  if (isSuccess && error === null) return buildRetryOutcome(answer, null);
  const inBody = mapErrorType(error?.type ?? '');
  const verdict = isSuccess ? inBody.verdict : mapErrorStatus(answer.status);
  const status = isSuccess ? inBody.status : answer.status;
  if (verdict === 'client-error') {
    const { headers, isBodyWhole } = answer;
    return { kind: 'client-error', status, headers, body, isBodyWhole: isReadable && isBodyWhole };
  }
  const message = error === null ? `status ${answer.status}` : `${error.type}: ${error.message}`;
  const outcome = buildRetryOutcome({ ...answer, reason: verdict, message, status }, error);
  return { ...outcome, body };
}

/** An exchange that failed before anything went out; `error`: what the upstream said of it. */
export function buildRetryOutcome(
  answer: FailedAnswer,
  error: { type: string; message: string; status?: number } | null,
): Extract<AttemptOutcome, { kind: 'retryable' }> {
  const { reason, headers, message } = answer;
  const status = error?.status ?? answer.status;
  // `retry-after` also comes with good answers, and means nothing there.
  const retryAfterMs = status >= 400 ? parseRetryAfterMs(headers, answer.nowMs) : null;
  return {
    kind: 'retryable',
    reason,
    status,
    headers,
    sentBytes: false,
    message,
    ...(error === null ? {} : { error: { type: error.type, message: error.message } }),
    ...(retryAfterMs === null ? {} : { retryAfterMs }),
  };
}
