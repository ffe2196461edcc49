import type { Protocol } from '@tollgate/core';
import { readMessagesError } from '../messages/upstream-error.ts';
import { readGeminiError } from './read-gemini-error.ts';
import { readOpenAiError } from './read-openai-error.ts';
import type { UpstreamErrorReport } from './upstream-error-report.ts';

/**
 * Reads an error answer, or the data of an error event, of the upstream's protocol. `httpStatus` null = inside a
 * stream, where the error itself tells the status. null = the bytes are no such thing (a proxy's HTML page). Never
 * throws.
 */
export function readUpstreamError(
  protocol: Protocol,
  body: Buffer,
  httpStatus: number | null,
): UpstreamErrorReport | null {
  switch (protocol) {
    case 'messages':
      return readAnthropicError(body, httpStatus);
    case 'chat':
    case 'responses':
      return readOpenAiError(body, httpStatus);
    case 'gemini':
    case 'code-assist':
      return readGeminiError(body, httpStatus);
  }
}

function readAnthropicError(body: Buffer, httpStatus: number | null): UpstreamErrorReport | null {
  const error = readMessagesError(body);
  if (error === null) return null;
  const { type, message, status } = error;
  return { type, message, status: httpStatus ?? status, code: null, param: null, retryAfterMs: null };
}
