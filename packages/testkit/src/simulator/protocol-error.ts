import type { SimulatedProtocol } from './simulated-call.ts';

const GOOGLE_STATUS: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  503: 'UNAVAILABLE',
};

/** An error of OpenAI or Google as its own servers write it. */
export function buildProtocolError(
  protocol: SimulatedProtocol,
  status: number,
  message = 'The simulator was told to fail.',
): object {
  if (protocol === 'gemini')
    return { error: { code: status, message, status: GOOGLE_STATUS[status] ?? 'INTERNAL' } };
  const type = status >= 500 ? 'server_error' : 'invalid_request_error';
  const code = status === 429 ? 'rate_limit_exceeded' : null;
  return { error: { message, type: status === 429 ? 'rate_limit_error' : type, param: null, code } };
}
