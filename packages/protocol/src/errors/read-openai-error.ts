import { isObject, parseJson, type JsonObject } from '../json/json-object.ts';
import { mapErrorTypeToStatus } from '../messages/upstream-error.ts';
import { limitWaitMs } from '../reset-time/limit-wait.ts';
import { parseWaitText } from '../reset-time/parse-wait-text.ts';
import { mapStatusToErrorType, type UpstreamErrorReport } from './upstream-error-report.ts';

/**
 * OpenAI's codes and types, and what compatible vendors say instead. The code counts before the type: a wrong key
 * has the type `invalid_request_error`. https://platform.openai.com/docs/guides/error-codes
 */
const TYPE_BY_WORD: ReadonlyMap<string, string> = new Map([
  ['invalid_api_key', 'authentication_error'],
  ['invalid_authentication', 'authentication_error'],
  ['authentication_error', 'authentication_error'],
  ['account_deactivated', 'permission_error'],
  ['permission_error', 'permission_error'],
  ['unsupported_country_region_territory', 'permission_error'],
  ['model_not_found', 'not_found_error'],
  ['not_found_error', 'not_found_error'],
  ['DeploymentNotFound', 'not_found_error'],
  ['rate_limit_exceeded', 'rate_limit_error'],
  ['rate_limit_error', 'rate_limit_error'],
  // What ran out: OpenAI's type of a 429.
  ['requests', 'rate_limit_error'],
  ['tokens', 'rate_limit_error'],
  ['insufficient_quota', 'rate_limit_error'],
  ['usage_limit_reached', 'rate_limit_error'],
  ['billing_hard_limit_reached', 'billing_error'],
  ['server_is_overloaded', 'overloaded_error'],
  ['overloaded_error', 'overloaded_error'],
  ['slow_down', 'overloaded_error'],
  ['server_error', 'api_error'],
  ['internal_server_error', 'api_error'],
  ['context_length_exceeded', 'invalid_request_error'],
  ['invalid_prompt', 'invalid_request_error'],
  ['content_policy_violation', 'invalid_request_error'],
  ['invalid_request_error', 'invalid_request_error'],
  ['BadRequestError', 'invalid_request_error'],
]);

/**
 * Reads `{"error":{message,type,param,code}}` from an error answer or a stream event, and the dialects of compatible
 * vendors: the error as text, the fields at the top level, an array around it. `httpStatus` null = inside a stream.
 * null = the bytes are no such thing. Never throws.
 */
export function readOpenAiError(body: Buffer, httpStatus: number | null): UpstreamErrorReport | null {
  const parsed = parseJson(body);
  return mapOpenAiError(Array.isArray(parsed) ? parsed[0] : parsed, httpStatus);
}

/** The same of what is parsed already. */
export function mapOpenAiError(value: unknown, httpStatus: number | null): UpstreamErrorReport | null {
  if (!isObject(value)) return null;
  const { error, detail } = value;
  if (typeof error === 'string' && error !== '') return buildReport({ message: error }, httpStatus);
  if (isObject(error)) return buildReport(error, httpStatus);
  // So the hosts of ChatGPT accounts; an answer may have a field of that name.
  if (typeof detail === 'string' && httpStatus !== null) return buildReport({ message: detail }, httpStatus);
  return isBareError(value) ? buildReport(value, httpStatus) : null;
}

/** `{"object":"error",…}` of vLLM and Mistral, `{"type":"error",…}` of a Responses stream. */
function isBareError(value: JsonObject): boolean {
  return (value['object'] === 'error' || value['type'] === 'error') && typeof value['message'] === 'string';
}

function buildReport(error: JsonObject, httpStatus: number | null): UpstreamErrorReport {
  const message = readText(error['message']) ?? '';
  const code = readText(error['code']) ?? readText(error['type']);
  const numeric = readStatus(error['code']) ?? readStatus(error['status']);
  const type = selectType(error, numeric ?? httpStatus);
  return {
    type,
    message,
    status: httpStatus ?? numeric ?? mapErrorTypeToStatus(type),
    code: code === 'error' ? null : code,
    param: readText(error['param']),
    retryAfterMs: readRetryAfterMs(error, type, message),
  };
}

function selectType(error: JsonObject, status: number | null): string {
  const byWord =
    TYPE_BY_WORD.get(readText(error['code']) ?? '') ?? TYPE_BY_WORD.get(readText(error['type']) ?? '');
  // A general type says less than the status of a failure that is not the client's.
  if (byWord !== undefined && (byWord !== 'invalid_request_error' || status === null || status < 401)) {
    return byWord;
  }
  return status === null ? 'api_error' : mapStatusToErrorType(status);
}

/** OpenRouter and Google's OpenAI endpoint put the status where OpenAI has a word. */
function readStatus(value: unknown): number | null {
  const status = typeof value === 'string' && /^[45]\d\d$/u.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600
    ? status
    : null;
}

/** Codex accounts name the seconds; others write "try again in 0.5s". A wait for anything but a limit is no fact. */
function readRetryAfterMs(error: JsonObject, type: string, message: string): number | null {
  if (type !== 'rate_limit_error' && type !== 'overloaded_error') return null;
  const seconds = error['resets_in_seconds'];
  if (typeof seconds === 'number' && seconds >= 0 && Number.isFinite(seconds))
    return limitWaitMs(seconds * 1000);
  return parseWaitText(message);
}

function readText(value: unknown): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}
