import { TollgateError, type ErrorCode } from '@tollgate/core';
import type { UpstreamErrorReport } from './upstream-error-report.ts';

/** What vendors say of a prompt that does not fit the model. Clients compact their history on it. */
const TOO_LONG =
  /prompt is too long|context_length_exceeded|maximum context length|context window|input token count .{0,40}exceeds/iu;
/** OpenAI: "maximum context length is X tokens … resulted in Y"; Google: "(Y) exceeds the maximum … (X)". */
const OPENAI_FIGURES = /maximum context length is (\d+) tokens.{0,200}?(\d+) tokens/isu;
const GOOGLE_FIGURES = /token count \(?(\d+)\)? exceeds .{0,80}?\(?(\d+)\)?[^\d]*$/isu;

/**
 * [REQ-6] The error that a client is told when an upstream's is final: its own mistakes (400, 404, 413, 422) with the
 * upstream's words, in which there is nothing of the operator's; all else in ours alone.
 */
export function buildClientError(report: UpstreamErrorReport): TollgateError {
  const { status, param } = report;
  if (isClientMistake(status)) {
    const code = isPromptTooLong(report) ? 'prompt_too_long' : 'invalid_request';
    return new TollgateError(code, { status, message: buildMessage(report, code), ...(param && { param }) });
  }
  const retryAfterMs = report.retryAfterMs ?? undefined;
  return new TollgateError(mapStatusToCode(status), retryAfterMs === undefined ? {} : { retryAfterMs });
}

function isClientMistake(status: number): boolean {
  return status === 400 || status === 404 || status === 413 || status === 422;
}

function isPromptTooLong({ code, message }: UpstreamErrorReport): boolean {
  return code === 'context_length_exceeded' || TOO_LONG.test(message);
}

/** In Anthropic's words, which Claude Code looks for: `prompt is too long: X tokens > Y maximum`. */
function buildMessage({ message }: UpstreamErrorReport, code: ErrorCode): string {
  if (code !== 'prompt_too_long') return message === '' ? 'The request is not valid.' : message;
  const openAi = OPENAI_FIGURES.exec(message);
  if (openAi) return `prompt is too long: ${openAi[2]} tokens > ${openAi[1]} maximum`;
  const google = GOOGLE_FIGURES.exec(message);
  if (google) return `prompt is too long: ${google[1]} tokens > ${google[2]} maximum`;
  return message.startsWith('prompt is too long') ? message : `prompt is too long: ${message}`;
}

function mapStatusToCode(status: number): ErrorCode {
  switch (status) {
    case 429:
      return 'upstream_rate_limited';
    case 503:
    case 529:
      return 'overloaded';
    case 408:
    case 504:
      return 'upstream_timeout';
    default:
      return 'upstream_error';
  }
}
