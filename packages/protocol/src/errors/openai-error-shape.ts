import type { TollgateError } from '@tollgate/core';
import type { ErrorShape } from './error-shape.ts';

interface OpenAiError {
  message: string;
  type: string;
  param: string | null;
  code: string | null;
}

/** Chat Completions: the official client raises on a data object that has an `error` key; no `[DONE]` after it. */
export const chatErrorShape: ErrorShape = {
  buildBody: buildOpenAiErrorBody,
  buildStreamEvent: (error) => `data: ${buildOpenAiErrorBody(error)}\n\n`,
};

/** `{"error":{…}}`, of both protocols. */
export function buildOpenAiErrorBody(error: TollgateError): string {
  return JSON.stringify({ error: mapToOpenAiError(error) });
}

/** The error in OpenAI's words. */
export function mapToOpenAiError(error: TollgateError): OpenAiError {
  const { type, code } = mapTypeAndCode(error);
  return { message: error.message, type, param: error.param ?? null, code };
}

/** OpenAI's clients branch on `code`: Codex on rate_limit_exceeded, retry logic on insufficient_quota. */
function mapTypeAndCode(error: TollgateError): Pick<OpenAiError, 'type' | 'code'> {
  // Clients of other gateways know the number; this field is text.
  if (error.vendorCode !== undefined) return { type: error.type, code: String(error.vendorCode) };
  if (error.code === 'unknown_model') return { type: 'invalid_request_error', code: 'model_not_found' };
  // Codex shortens its history on this word.
  if (error.code === 'prompt_too_long') {
    return { type: 'invalid_request_error', code: 'context_length_exceeded' };
  }
  switch (error.type) {
    case 'invalid_request_error':
    case 'request_too_large':
      return { type: 'invalid_request_error', code: null };
    case 'not_found_error':
      return { type: 'invalid_request_error', code: 'not_found' };
    case 'authentication_error':
      return { type: 'invalid_request_error', code: 'invalid_api_key' };
    case 'permission_error':
      return { type: 'invalid_request_error', code: 'permission_denied' };
    case 'billing_error':
      return { type: 'insufficient_quota', code: 'insufficient_quota' };
    case 'rate_limit_error':
      return { type: 'rate_limit_error', code: 'rate_limit_exceeded' };
    default:
      return { type: 'server_error', code: error.code };
  }
}
