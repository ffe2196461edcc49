import type { TollgateError } from '@tollgate/core';
import type { ErrorShape } from './error-shape.ts';

/**
 * google.rpc.Status over HTTP. In a stream the official client (@google/genai 3) raises on an event whose data has an
 * `error`. It also knows the bare JSON object, but only where that is a read of its own, which nobody can promise:
 * behind other bytes it would pass over it, and take half an answer for a whole one.
 */
export const geminiErrorShape: ErrorShape = {
  buildBody,
  buildStreamEvent: (error) => `data: ${buildBody(error)}\n\n`,
};

function buildBody(error: TollgateError): string {
  const { status: code, message } = error;
  const details = buildRetryDetails(error);
  return JSON.stringify({ error: { code, message, status: mapHttpToRpcStatus(code), ...details } });
}

/** Gemini clients know no Retry-After: the delay is a RetryInfo detail. */
function buildRetryDetails({ retryAfterMs }: TollgateError): { details?: unknown[] } {
  if (retryAfterMs === undefined) return {};
  const retryDelay = `${Math.ceil(Math.max(0, retryAfterMs) / 1_000)}s`;
  return { details: [{ '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay }] };
}

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto, read backwards. */
function mapHttpToRpcStatus(status: number): string {
  switch (status) {
    case 401:
      return 'UNAUTHENTICATED';
    case 403:
      return 'PERMISSION_DENIED';
    case 404:
      return 'NOT_FOUND';
    case 405:
      return 'UNIMPLEMENTED';
    case 429:
      return 'RESOURCE_EXHAUSTED';
    case 499:
      return 'CANCELLED';
    case 502:
    case 503:
      return 'UNAVAILABLE';
    case 504:
      return 'DEADLINE_EXCEEDED';
    default:
      return status >= 500 ? 'INTERNAL' : 'INVALID_ARGUMENT';
  }
}
