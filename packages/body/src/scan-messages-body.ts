import { isUtf8 } from 'node:buffer';
import { OPEN_BRACE, OPEN_BRACKET } from './ascii.ts';
import { decodeJsonScalar, decodeJsonString } from './decode-json-value.ts';
import { detectWarmUp, type WarmUpKind } from './detect-warm-up.ts';
import { JSON_DEPTH_MAX } from './json-scanner.ts';
import { readIdToken, readTextSession, readUserIdSession, type BodySession } from './read-session-ids.ts';
import {
  FIELD_REPEATS_MAX,
  buildFieldTable,
  scanObjectFields,
  type ByteRange,
  type FieldFault,
  type FieldRange,
  type FoundFields,
} from './scan-object-fields.ts';

/** Longest model name, in UTF-16 units. */
export const MODEL_LENGTH_MAX = 256;
/** A unit takes at most six bytes (`\u0041`), and the token has two quotes. */
const MODEL_TOKEN_BYTES_MAX = MODEL_LENGTH_MAX * 6 + 2;
/** Claude Code's longest form is some 200 bytes; a longer one is passed on, but names no session. */
export const USER_ID_TOKEN_BYTES_MAX = 4096;
/** A long number is legal JSON; nobody means one this long as a count. */
const COUNT_TOKEN_BYTES_MAX = 512;

const CONTROL_CHARACTERS = /\p{Cc}/u;

const FIELDS = buildFieldTable([
  'model',
  'messages',
  'stream',
  'max_tokens',
  'metadata',
  'system',
  'thinking',
  'tools',
  'prompt_cache_key',
]);
const METADATA_FIELDS = buildFieldTable(['user_id']);

/** What the gateway knows of a Messages request without parsing it. Ranges are offsets into the body. */
export interface MessagesScan {
  ok: true;
  model: string;
  /** Every top-level `model`, in order; more than one only if the client repeated the key. */
  modelRanges: ByteRange[];
  stream: boolean;
  /** null = absent or null: the upstream's to judge. */
  maxTokens: number | null;
  /** `metadata.user_id`, decoded; null when absent, no string, or longer than 4 KiB. */
  userId: string | null;
  /** Always an array, brackets included. */
  messages: ByteRange;
  /** null = absent. Of repeated keys the last one counts, as in JSON.parse. */
  system: ByteRange | null;
  thinking: ByteRange | null;
  tools: ByteRange | null;
  promptCacheKey: ByteRange | null;
  /** What the body says about the session: see `selectSessionId`. */
  session: BodySession;
  /** The request is only a client's housekeeping (WARM-1). */
  warmUp: WarmUpKind | null;
  /** Bytes of files in base64, which are no text for an estimate of tokens. */
  binaryBytes: number;
  /** The same, with at most 64 KiB of each file. */
  binaryBytesCapped: number;
}

/** A 400 `invalid_request`. The message holds no bytes of the body. */
export interface ScanFailure {
  ok: false;
  /** The field that is wrong; null when the body as a whole is. */
  param: string | null;
  message: string;
}

export type ScanResult = MessagesScan | ScanFailure;

/**
 * Checks that `body` is a JSON object in UTF-8, and finds what admission, sessions and warm-ups need, for
 * `/v1/messages` and `/v1/messages/count_tokens`. Accepts what JSON.parse accepts, except: a top level that
 * is no object, a byte order mark, invalid UTF-8, more than 512 levels, a known field more than 16 times.
 * Types are checked only where the gateway reads the field; the rest is the upstream's to judge.
 */
export function scanMessagesBody(body: Buffer): ScanResult {
  if (body.length === 0) return fail(null, 'The request has no body.');
  if (body[0] === 0xef && body[1] === 0xbb && body[2] === 0xbf) {
    return fail(null, 'The request body is not valid JSON: it begins with a byte order mark.');
  }
  if (!isUtf8(body)) return fail(null, 'The request body is not valid UTF-8.');
  const scan = scanObjectFields(body, FIELDS);
  return scan.ok ? readFields(body, scan) : describeFault(scan.fault);
}

function readFields(body: Buffer, { found, binaryBytes, binaryBytesCapped }: FoundFields): ScanResult {
  const [models, ...others] = found;
  const [messages, stream, maxTokens, metadata, ...ranges] = others.map(selectLast);
  const [system = null, thinking = null, tools = null, promptCacheKey = null] = ranges;
  const modelRanges = models ?? [];
  const model = readModel(body, modelRanges.at(-1) ?? null);
  if (typeof model !== 'string') return model;
  if (!messages) return fail('messages', 'messages: this field is required.');
  if (body[messages.start] !== OPEN_BRACKET) return fail('messages', 'messages: must be an array.');
  const isStream = readStream(body, stream ?? null);
  if (typeof isStream !== 'boolean') return isStream;
  const maxTokensValue = readMaxTokens(body, maxTokens ?? null);
  if (maxTokensValue !== null && typeof maxTokensValue !== 'number') return maxTokensValue;
  const userId = readUserId(body, metadata ?? null);
  return {
    ok: true,
    model,
    modelRanges,
    stream: isStream,
    maxTokens: maxTokensValue,
    userId,
    messages,
    system,
    thinking,
    tools,
    promptCacheKey,
    session: readSession(body, { userId, promptCacheKey, system, messages }),
    warmUp: detectWarmUp(body, { messages, system, tools }),
    binaryBytes,
    binaryBytesCapped,
  };
}

/** Of repeated keys the last one counts, as in JSON.parse. */
function selectLast(ranges: readonly FieldRange[]): FieldRange | null {
  return ranges.at(-1) ?? null;
}

type SessionFields = Pick<MessagesScan, 'userId' | 'promptCacheKey' | 'system' | 'messages'>;

/** Texts are read and hashed only where the client names no session. */
function readSession(body: Buffer, fields: SessionFields): BodySession {
  const user = fields.userId === null ? null : readUserIdSession(fields.userId);
  if (user !== null) return { user, promptCacheKey: null, text: null };
  const promptCacheKey = readIdToken(body, fields.promptCacheKey);
  if (promptCacheKey !== null) return { user, promptCacheKey, text: null };
  return { user, promptCacheKey, text: readTextSession(body, fields.system, fields.messages) };
}

function readModel(body: Buffer, range: ByteRange | null): string | ScanFailure {
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
function readStream(body: Buffer, range: ByteRange | null): boolean | ScanFailure {
  const value = range === null ? null : readScalar(body, range);
  if (value === null) return false;
  return typeof value === 'boolean' ? value : fail('stream', 'stream: must be true or false.');
}

function readMaxTokens(body: Buffer, range: ByteRange | null): number | null | ScanFailure {
  const value = range === null ? null : readScalar(body, range);
  if (value === null) return null;
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
    return fail('max_tokens', 'max_tokens: must be an integer, 0 or more.');
  }
  // -0 is a legal way to write 0.
  return value === 0 ? 0 : value;
}

function readScalar(body: Buffer, range: ByteRange): number | boolean | null | undefined {
  return range.end - range.start > COUNT_TOKEN_BYTES_MAX ? undefined : decodeJsonScalar(body, range);
}

function readUserId(body: Buffer, metadata: ByteRange | null): string | null {
  if (metadata === null || body[metadata.start] !== OPEN_BRACE) return null;
  const scan = scanObjectFields(body.subarray(metadata.start, metadata.end), METADATA_FIELDS);
  const range = scan.ok ? scan.found[0]?.at(-1) : undefined;
  if (range === undefined) return null;
  const shifted = { start: metadata.start + range.start, end: metadata.start + range.end };
  return decodeJsonString(body, shifted, USER_ID_TOKEN_BYTES_MAX);
}

function describeFault(fault: FieldFault): ScanFailure {
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

function fail(param: string | null, message: string): ScanFailure {
  return { ok: false, param, message };
}
