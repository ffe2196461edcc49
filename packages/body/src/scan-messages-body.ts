import { OPEN_BRACE, OPEN_BRACKET } from './ascii.ts';
import { decodeJsonString } from './decode-json-value.ts';
import { ContentReader } from './content-reader.ts';
import { detectWarmUp, type WarmUpKind } from './detect-warm-up.ts';
import { JsonScanner } from './json-scanner.ts';
import {
  describeFault,
  fail,
  findEncodingFault,
  readCount,
  readFlag,
  readModel,
  type ScanFailure,
} from './read-body-fields.ts';
import { readIdToken, readTextSession, readUserIdSession, type BodySession } from './read-session-ids.ts';
import {
  buildFieldTable,
  scanObjectFields,
  type ByteRange,
  type FieldRange,
  type FoundFields,
} from './scan-object-fields.ts';

/** Claude Code's longest form is some 200 bytes; a longer one is passed on, but names no session. */
export const USER_ID_TOKEN_BYTES_MAX = 4096;

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
  modelRanges: readonly ByteRange[];
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

export { MODEL_LENGTH_MAX, type ScanFailure } from './read-body-fields.ts';
export type ScanResult = MessagesScan | ScanFailure;

/**
 * Checks that `body` is a JSON object in UTF-8, and finds what admission, sessions and warm-ups need, for
 * `/v1/messages` and `/v1/messages/count_tokens`. Accepts what JSON.parse accepts, except: a top level that
 * is no object, a byte order mark, invalid UTF-8, more than 512 levels, a known field more than 16 times.
 * Types are checked only where the gateway reads the field; the rest is the upstream's to judge.
 */
export function scanMessagesBody(body: Buffer): ScanResult {
  const encodingFault = findEncodingFault(body);
  if (encodingFault !== null) return encodingFault;
  const scanner = new JsonScanner(body);
  const scan = scanObjectFields(body, FIELDS, scanner);
  return scan.ok ? readFields(body, scanner, scan) : describeFault(scan.fault);
}

function readFields(
  body: Buffer,
  scanner: JsonScanner,
  { found, binaryBytes, binaryBytesCapped }: FoundFields,
): ScanResult {
  // By place, in the order of FIELDS: patterns make an iterator for each body.
  const modelRanges = found[0] ?? [];
  const messages = selectLast(found[1]);
  const stream = selectLast(found[2]);
  const maxTokens = selectLast(found[3]);
  const metadata = selectLast(found[4]);
  const system = selectLast(found[5]);
  const thinking = selectLast(found[6]);
  const tools = selectLast(found[7]);
  const promptCacheKey = selectLast(found[8]);
  const model = readModel(body, modelRanges.at(-1) ?? null);
  if (typeof model !== 'string') return model;
  if (!messages) return fail('messages', 'messages: this field is required.');
  if (body[messages.start] !== OPEN_BRACKET) return fail('messages', 'messages: must be an array.');
  const isStream = readFlag(body, stream, 'stream');
  if (typeof isStream !== 'boolean') return isStream;
  const maxTokensValue = readCount(body, maxTokens, 'max_tokens');
  if (maxTokensValue !== null && typeof maxTokensValue !== 'number') return maxTokensValue;
  const userId = readUserId(body, metadata);
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
    session: readSession(body, scanner, { userId, promptCacheKey, system, messages }),
    warmUp: detectWarmUp(body, { messages, system, tools }),
    binaryBytes,
    binaryBytesCapped,
  };
}

/** Of repeated keys the last one counts, as in JSON.parse. */
function selectLast(ranges: readonly FieldRange[] | undefined): FieldRange | null {
  return ranges?.at(-1) ?? null;
}

type SessionFields = Pick<MessagesScan, 'userId' | 'promptCacheKey' | 'system' | 'messages'>;

/** Texts are read and hashed only where the client names no session. */
function readSession(body: Buffer, scanner: JsonScanner, fields: SessionFields): BodySession {
  const user = fields.userId === null ? null : readUserIdSession(fields.userId);
  if (user !== null) return { user, promptCacheKey: null, text: null };
  const promptCacheKey = readIdToken(body, fields.promptCacheKey);
  if (promptCacheKey !== null) return { user, promptCacheKey, text: null };
  const reader = new ContentReader(body, scanner);
  return { user, promptCacheKey, text: readTextSession(body, fields.system, fields.messages, reader) };
}

function readUserId(body: Buffer, metadata: ByteRange | null): string | null {
  if (metadata === null || body[metadata.start] !== OPEN_BRACE) return null;
  const scan = scanObjectFields(body.subarray(metadata.start, metadata.end), METADATA_FIELDS);
  const range = scan.ok ? scan.found[0]?.at(-1) : undefined;
  if (range === undefined) return null;
  const shifted = { start: metadata.start + range.start, end: metadata.start + range.end };
  return decodeJsonString(body, shifted, USER_ID_TOKEN_BYTES_MAX);
}
