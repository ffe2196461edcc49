/** What an upstream's error says, in one form for all protocols. */
export interface UpstreamErrorReport {
  /** In Anthropic's words: `invalid_request_error`, `rate_limit_error`, … */
  type: string;
  message: string;
  /** The HTTP status of the answer; inside a stream the one that the error stands for. */
  status: number;
  /** The vendor's own word, e.g. `context_length_exceeded`, `RESOURCE_EXHAUSTED`; null = none. */
  code: string | null;
  /** The request's field that is wrong. */
  param: string | null;
  /** From the body alone; headers may say more. */
  retryAfterMs: number | null;
}

/** The type of an error of which only the status is known. */
export function mapStatusToErrorType(status: number): string {
  switch (status) {
    case 401:
      return 'authentication_error';
    case 402:
      return 'billing_error';
    case 403:
      return 'permission_error';
    case 404:
      return 'not_found_error';
    case 413:
      return 'request_too_large';
    case 429:
      return 'rate_limit_error';
    case 503:
    case 529:
      return 'overloaded_error';
    case 504:
      return 'timeout_error';
    default:
      return status >= 400 && status < 500 ? 'invalid_request_error' : 'api_error';
  }
}
