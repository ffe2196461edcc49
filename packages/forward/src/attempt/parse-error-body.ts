import type { Protocol } from '@tollgate/core';
import { readUpstreamError } from '@tollgate/protocol';

/** Errors are small; a larger body is an answer, and not worth a parse here. */
const BODY_BYTES_MAX = 64 * 1024;
/** As bytes: a text would be made into them for each search. */
const ERROR_NAME = Buffer.from('"error"');

export interface UpstreamErrorBody {
  type: string;
  message: string;
}

/**
 * Reads `{"type":"error","error":{"type","message"}}` and `{"error":{…}}`; null for anything else, so also for
 * an answer that merely has an `error` among other things (OpenAI's Responses carry `"error": null`).
 * `type` is in Anthropic's words, whatever the protocol.
 */
export function parseErrorBody(body: Buffer, protocol: Protocol = 'messages'): UpstreamErrorBody | null {
  const error = parseErrorObject(body);
  if (error === null || protocol === 'messages') return error;
  const told = readUpstreamError(protocol, body, null);
  return told === null ? error : { type: told.type, message: told.message };
}

function parseErrorObject(body: Buffer): UpstreamErrorBody | null {
  if (body.length > BODY_BYTES_MAX || !body.includes(ERROR_NAME)) return null;
  const value = parseObject(body);
  if (value === null) return null;
  const error = value['error'];
  if (!isObject(error)) return null;
  if (value['type'] !== 'error' && 'id' in value) return null;
  return { type: readText(error['type']), message: readText(error['message']) };
}

function parseObject(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString('utf8'));
    return isObject(value) ? value : null;
  } catch {
    return null;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function readText(value: unknown): string {
  return typeof value === 'string' ? value : '';
}
