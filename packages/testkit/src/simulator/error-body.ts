const TYPES: Readonly<Record<number, string>> = {
  400: 'invalid_request_error',
  401: 'authentication_error',
  402: 'billing_error',
  403: 'permission_error',
  404: 'not_found_error',
  409: 'conflict',
  413: 'request_too_large',
  429: 'rate_limit_error',
  504: 'timeout_error',
  529: 'overloaded_error',
};

/** An error in Anthropic's shape; its `request_id` repeats the header. */
export function buildErrorBody(status: number, message: string, requestId: string, type?: string): object {
  return {
    type: 'error',
    error: { type: type ?? TYPES[status] ?? 'api_error', message },
    request_id: requestId,
  };
}
