import { isObject } from '../json/json-object.ts';

/** What an Anthropic error says, with the HTTP status that its type stands for. */
export interface MessagesUpstreamError {
  type: string;
  message: string;
  status: number;
}

/** https://docs.claude.com/en/api/errors */
const STATUS_BY_TYPE: Readonly<Record<string, number>> = {
  invalid_request_error: 400,
  authentication_error: 401,
  billing_error: 402,
  permission_error: 403,
  not_found_error: 404,
  request_too_large: 413,
  rate_limit_error: 429,
  api_error: 500,
  timeout_error: 504,
  overloaded_error: 529,
};

/** The status of an error type; an unknown type counts as 500, so that it is handled as the upstream's fault. */
export function mapErrorTypeToStatus(type: string): number {
  return Object.hasOwn(STATUS_BY_TYPE, type) ? (STATUS_BY_TYPE[type] ?? 500) : 500;
}

/**
 * Reads `{"type":"error","error":{"type","message"}}` from an error answer or the data of an `error` event.
 * null = the bytes are no such thing (an HTML page of a proxy, another protocol's error).
 */
export function readMessagesError(body: Buffer): MessagesUpstreamError | null {
  let parsed: unknown;
  try {
    parsed = JSON.parse(body.toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(parsed) || !isObject(parsed['error'])) return null;
  const { type, message } = parsed['error'];
  const known = typeof type === 'string' && type !== '' ? type : 'api_error';
  return {
    type: known,
    message: typeof message === 'string' ? message : '',
    status: mapErrorTypeToStatus(known),
  };
}
