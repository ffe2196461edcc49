import type { RequestId, TollgateError } from '@tollgate/core';
import type { ErrorShape } from './error-shape.ts';
import { buildOpenAiErrorBody, mapToOpenAiError } from './openai-error-shape.ts';

/** How far a Responses stream has come. */
export interface ResponsesProgress {
  /** As the stream has named it; null = it has not yet. */
  responseId: string | null;
  /** `sequence_number` of the next event. */
  nextNumber: number;
}

const NOT_BEGUN: ResponsesProgress = { responseId: null, nextNumber: 0 };

/**
 * Responses: the body is that of Chat Completions; a stream ends as OpenAI's own do, with an `error` event, on which
 * the official SDKs raise, and `response.failed` behind it: Codex knows no other, and repeats a turn that ends without
 * it as if the connection had been lost. The fields of the error stand where OpenAI's page has them too.
 */
export function createResponsesErrorShape(readProgress: () => ResponsesProgress): ErrorShape {
  return {
    buildBody: buildOpenAiErrorBody,
    buildStreamEvent: (error, requestId) =>
      buildErrorEvent(error, readProgress()) + buildFailedEvent(error, readProgress(), requestId),
  };
}

/** Before a stream has begun. */
export const responsesErrorShape: ErrorShape = createResponsesErrorShape(() => NOT_BEGUN);

function buildErrorEvent(failure: TollgateError, { nextNumber }: ResponsesProgress): string {
  const error = mapToOpenAiError(failure);
  const { code, message, param } = error;
  return encodeEvent('error', nextNumber, { code, message, param, error });
}

function buildFailedEvent(
  failure: TollgateError,
  { responseId, nextNumber }: ResponsesProgress,
  requestId: RequestId,
): string {
  const { code, message } = mapToOpenAiError(failure);
  const response = {
    id: responseId ?? `resp_${requestId}`,
    object: 'response',
    status: 'failed',
    error: { code: code ?? 'server_error', message },
    incomplete_details: null,
    output: [],
    usage: null,
  };
  return encodeEvent('response.failed', nextNumber + 1, { response });
}

function encodeEvent(type: string, number: number, fields: object): string {
  return `event: ${type}\ndata: ${JSON.stringify({ type, sequence_number: number, ...fields })}\n\n`;
}
