import { isUtf8 } from 'node:buffer';
import { decodeJsonScalar, decodeJsonString } from './decode-json-value.ts';
import { JSON_DEPTH_MAX } from './json-scanner.ts';
import { FIELD_REPEATS_MAX, type ByteRange, type FieldFault } from './scan-object-fields.ts';

/** Longest model name, in UTF-16 units. */
export const MODEL_LENGTH_MAX = 256;
/** A unit takes at most six bytes (`\u0041`), and the token has two quotes. */
const MODEL_TOKEN_BYTES_MAX = MODEL_LENGTH_MAX * 6 + 2;
/** A long number is legal JSON; nobody means one this long as a count. */
const COUNT_TOKEN_BYTES_MAX = 512;

const CONTROL_CHARACTERS = /\p{Cc}/u;

/** A 400 `invalid_request`. The message holds no bytes of the body. */
export interface ScanFailure {
  ok: false;
  /** The field that is wrong; null when the body as a whole is. */
  param: string | null;
  message: string;
}

/** What no JSON parser may be given; null = nothing. */
export function findEncodingFault(body: Buffer): ScanFailure | null {
  if (body.length === 0) return fail(null, 'The request has no body.');
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    return fail(null, 'The request body is not valid JSON: it begins with a byte order mark.');
  }
  return isUtf8(body) ? null : fail(null, 'The request body is not valid UTF-8.');
}

/** The model's name; a failure when it is missing or none. */
export function readModel(body: Buffer, range: ByteRange | null): string | ScanFailure {
  if (range === null) return fail('model', 'model: this field is required.');
  if (body[range.start] !== 0x22) return fail('model', 'model: must be a string.');
  const model = decodeJsonString(body, range, MODEL_TOKEN_BYTES_MAX);
  if (model === '') return fail('model', 'model: must not be empty.');
  if (model === null || model.length > MODEL_LENGTH_MAX) {
    return fail('model', `model: must have at most ${MODEL_LENGTH_MAX} characters.`);
  }
  if (CONTROL_CHARACTERS.test(model) || !model.isWellFormed()) {
    return fail('model', 'model: must not hold control characters or lone surrogates.');
  }
  return model;
}

/** null counts as absent: clients that serialise optional fields send it, and it asks for nothing. */
export function readFlag(body: Buffer, range: ByteRange | null, field: string): boolean | ScanFailure {
  const value = range === null ? null : readScalar(body, range);
  if (value === null) return false;
  return typeof value === 'boolean' ? value : fail(field, `${field}: must be true or false.`);
}

/** null = absent or null: the upstream's to judge. */
export function readCount(body: Buffer, range: ByteRange | null, field: string): number | null | ScanFailure {
  const value = range === null ? null : readScalar(body, range);
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return fail(field, `${field}: must be an integer, 0 or more.`);
  }
  // -0 is a legal way to write 0.
  return value === 0 ? 0 : value;
}

function readScalar(body: Buffer, range: ByteRange): number | boolean | null | undefined {
  return range.end - range.start > COUNT_TOKEN_BYTES_MAX ? undefined : decodeJsonScalar(body, range);
}

export function describeFault(fault: FieldFault): ScanFailure {
  switch (fault.kind) {
    case 'not-an-object':
      return fail(null, 'The request body must be a JSON object.');
    case 'too-deep':
      return fail(
        null,
        `The request body is nested more than ${JSON_DEPTH_MAX} levels deep, at byte ${fault.offset}.`,
      );
    case 'repeated':
      return fail(fault.field, `${fault.field}: given more than ${FIELD_REPEATS_MAX} times.`);
    case 'syntax':
      return fail(
        null,
        `The request body is not valid JSON: unexpected ${fault.ended ? 'end' : 'character'} at byte ${fault.offset}.`,
      );
  }
}

export function fail(param: string | null, message: string): ScanFailure {
  return { ok: false, param, message };
}
