import { isObject, parseJson, parseText, type JsonObject } from '../json/json-object.ts';
import { parseResetTime } from '../reset-time/parse-reset-time.ts';
import { parseWaitText } from '../reset-time/parse-wait-text.ts';
import { mapStatusToErrorType, type UpstreamErrorReport } from './upstream-error-report.ts';

/** https://github.com/googleapis/googleapis/blob/master/google/rpc/code.proto */
const STATUS_BY_CODE: ReadonlyMap<string, number> = new Map([
  ['INVALID_ARGUMENT', 400],
  ['FAILED_PRECONDITION', 400],
  ['OUT_OF_RANGE', 400],
  ['UNAUTHENTICATED', 401],
  ['PERMISSION_DENIED', 403],
  ['NOT_FOUND', 404],
  ['ABORTED', 409],
  ['ALREADY_EXISTS', 409],
  ['RESOURCE_EXHAUSTED', 429],
  ['CANCELLED', 499],
  ['UNIMPLEMENTED', 501],
  ['UNAVAILABLE', 503],
  ['DEADLINE_EXCEEDED', 504],
]);

/**
 * Reads google.rpc.Status over HTTP, `{"error":{code,message,status,details}}`, from an error answer or out of a
 * stream, also inside the array that stream endpoints put around it. `httpStatus` null = inside a stream.
 * null = the bytes are no such thing. Never throws.
 */
export function readGeminiError(body: Buffer, httpStatus: number | null): UpstreamErrorReport | null {
  const parsed = parseJson(body);
  return mapGeminiError(Array.isArray(parsed) ? parsed[0] : parsed, httpStatus);
}

/** The same of what is parsed already. */
export function mapGeminiError(value: unknown, httpStatus: number | null): UpstreamErrorReport | null {
  if (!isObject(value)) return null;
  const { error } = value;
  if (typeof error === 'string' && error !== '') return buildReport({ message: error }, httpStatus);
  return isObject(error) ? buildReport(error, httpStatus) : null;
}

function buildReport(error: JsonObject, httpStatus: number | null): UpstreamErrorReport {
  const message = readMessage(error['message']);
  const rpcStatus = typeof error['status'] === 'string' && error['status'] !== '' ? error['status'] : null;
  const stated = readHttpStatus(error['code']) ?? STATUS_BY_CODE.get(rpcStatus ?? '') ?? 500;
  const details = Array.isArray(error['details']) ? error['details'].filter(isObject) : [];
  const isBadKey = details.some((detail) => detail['reason'] === 'API_KEY_INVALID');
  const status = httpStatus ?? stated;
  return {
    // A wrong key is a 400 at Google, and no fault of the client's request.
    type: isBadKey ? 'authentication_error' : mapStatusToErrorType(status),
    message,
    status: isBadKey ? 401 : status,
    code: readReason(details) ?? rpcStatus,
    param: readField(details),
    retryAfterMs:
      readRetryDelayMs(details) ?? (status === 429 || status === 503 ? parseWaitText(message) : null),
  };
}

/** Of models of other vendors (Claude on Antigravity, Vertex) Google gives the vendor's whole error as the text. */
function readMessage(message: unknown): string {
  if (typeof message !== 'string') return '';
  const inner = message.startsWith('{') ? parseText(message) : null;
  const error = isObject(inner) ? inner['error'] : null;
  return isObject(error) && typeof error['message'] === 'string' ? error['message'] : message;
}

/** `ErrorInfo.reason`, e.g. RATE_LIMIT_EXCEEDED, QUOTA_EXHAUSTED. */
function readReason(details: readonly JsonObject[]): string | null {
  const reason = details.find((detail) => typeof detail['reason'] === 'string')?.['reason'];
  return typeof reason === 'string' ? reason : null;
}

/** `BadRequest.fieldViolations[0].field`. */
function readField(details: readonly JsonObject[]): string | null {
  const violations = details.find((detail) => Array.isArray(detail['fieldViolations']))?.['fieldViolations'];
  const first: unknown = Array.isArray(violations) ? violations[0] : null;
  return isObject(first) && typeof first['field'] === 'string' ? first['field'] : null;
}

/** Google sends no Retry-After: `RetryInfo.retryDelay`, e.g. "3.957525076s". */
function readRetryDelayMs(details: readonly JsonObject[]): number | null {
  const delay = details.find((detail) => typeof detail['retryDelay'] === 'string')?.['retryDelay'];
  return typeof delay === 'string' ? parseResetTime(delay, 0) : null;
}

function readHttpStatus(value: unknown): number | null {
  return typeof value === 'number' && Number.isInteger(value) && value >= 400 && value < 600 ? value : null;
}
