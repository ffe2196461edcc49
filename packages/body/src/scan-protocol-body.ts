import { OPEN_BRACE, OPEN_BRACKET } from './ascii.ts';
import { decodeJsonString } from './decode-json-value.ts';
import {
  describeFault,
  fail,
  findEncodingFault,
  readCount,
  readFlag,
  readModel,
  type ScanFailure,
} from './read-body-fields.ts';
import { readIdToken, type BodySession } from './read-session-ids.ts';
import { readTurnsSession } from './read-turns.ts';
import { buildFieldTable, scanObjectFields, type ByteRange, type FieldTable } from './scan-object-fields.ts';

/** The protocols of OpenAI and Google; for Anthropic's see `scanMessagesBody`. */
export type ScannedProtocol = 'chat' | 'responses' | 'gemini' | 'code-assist';

/** What a member is to us. */
type Role =
  | 'model'
  | 'stream'
  | 'maxTokens'
  | 'choices'
  | 'streamOptions'
  | 'turns'
  | 'system'
  | 'tools'
  | 'sessionId'
  /** Its members are read too, by the table `config`. */
  | 'config'
  /** The envelope's content, or the request to be counted: all else is inside. */
  | 'request';

/** Names in the order in which they count: of two that a request has, the first. */
const NAMES: Readonly<Record<ScannedProtocol, readonly (readonly [name: string, role: Role])[]>> = {
  chat: [
    ['model', 'model'],
    ['messages', 'turns'],
    ['stream', 'stream'],
    ['stream_options', 'streamOptions'],
    // The older name is refused by reasoning models.
    ['max_completion_tokens', 'maxTokens'],
    ['max_tokens', 'maxTokens'],
    ['n', 'choices'],
    ['tools', 'tools'],
    ['prompt_cache_key', 'sessionId'],
  ],
  responses: [
    ['model', 'model'],
    ['input', 'turns'],
    ['instructions', 'system'],
    ['stream', 'stream'],
    ['max_output_tokens', 'maxTokens'],
    ['tools', 'tools'],
    ['prompt_cache_key', 'sessionId'],
  ],
  // Google takes both spellings of every name, and its SDKs send both.
  gemini: [
    ['contents', 'turns'],
    ['systemInstruction', 'system'],
    ['system_instruction', 'system'],
    ['tools', 'tools'],
    ['generationConfig', 'config'],
    ['generation_config', 'config'],
    ['sessionId', 'sessionId'],
    ['session_id', 'sessionId'],
    // countTokens may be given the whole request to be counted, with its model.
    ['generateContentRequest', 'request'],
    ['generate_content_request', 'request'],
    ['model', 'model'],
  ],
  'code-assist': [
    ['model', 'model'],
    ['request', 'request'],
  ],
};
/** Pairs of spellings. */
const CONFIG_TABLE = buildFieldTable([
  'maxOutputTokens',
  'max_output_tokens',
  'candidateCount',
  'candidate_count',
  'imageConfig',
  'image_config',
]);
const IMAGE_TABLE = buildFieldTable(['imageSize', 'image_size']);
const WORD_TOKEN_BYTES_MAX = 32;

const TABLES: Readonly<Record<ScannedProtocol, FieldTable>> = {
  chat: buildTable('chat'),
  responses: buildTable('responses'),
  gemini: buildTable('gemini'),
  'code-assist': buildTable('code-assist'),
};

/** What the gateway knows of a request without parsing it. Ranges are offsets into the body. */
export interface ProtocolScan {
  ok: true;
  /** null where it stands in the path (gemini). */
  model: string | null;
  /** Every `model` of the object that the model stands in, in order; gemini: of a request to be counted. */
  modelRanges: readonly ByteRange[];
  /** false where the path says it (gemini, code-assist). */
  stream: boolean;
  /** Of all choices that are asked for together. null = absent or null: the upstream's to judge. */
  maxTokens: number | null;
  /** Chat: every top-level `stream_options`, in order, for `buildUsageEdits`. */
  streamOptions: ByteRange[];
  /** Messages, input or contents: an array; of Responses any value. null = absent. */
  turns: ByteRange | null;
  /** Instructions apart from the turns. */
  system: ByteRange | null;
  tools: ByteRange | null;
  /** Gemini: what images are asked for as, e.g. `2K`; null = not said. */
  imageSize: string | null;
  /** What the body says about the session: see `selectSessionId`. */
  session: BodySession;
  /** Bytes of files in base64, which are no text for an estimate of tokens. */
  binaryBytes: number;
  /** The same, with at most 64 KiB of each file. */
  binaryBytesCapped: number;
}

export type ProtocolScanResult = ProtocolScan | ScanFailure;

/**
 * Checks that `body` is a JSON object in UTF-8, and finds what admission and sessions need, for the generating
 * endpoints of OpenAI and Google. Accepts what `scanMessagesBody` accepts. Types are checked only where the gateway
 * reads the field; the rest is the upstream's to judge.
 */
export function scanProtocolBody(protocol: ScannedProtocol, body: Buffer): ProtocolScanResult {
  const encodingFault = findEncodingFault(body);
  if (encodingFault !== null) return encodingFault;
  const scan = scanObjectFields(body, TABLES[protocol]);
  if (!scan.ok) return describeFault(scan.fault);
  const { binaryBytes, binaryBytesCapped, found } = scan;
  const fields = readFields(protocol, body, found);
  return fields.ok ? { ...fields, binaryBytes, binaryBytesCapped } : fields;
}

function buildTable(protocol: ScannedProtocol): FieldTable {
  return buildFieldTable(NAMES[protocol].map(([name]) => name));
}

type Fields = Omit<ProtocolScan, 'binaryBytes' | 'binaryBytesCapped'>;
type Found = readonly (readonly ByteRange[])[];

function readFields(protocol: ScannedProtocol, body: Buffer, found: Found): Fields | ScanFailure {
  switch (protocol) {
    case 'chat':
    case 'responses':
      return readOpenAi(protocol, body, found);
    case 'gemini':
      return readGemini(body, found);
    case 'code-assist':
      return readEnveloped(body, found);
  }
}

function readOpenAi(protocol: 'chat' | 'responses', body: Buffer, found: Found): Fields | ScanFailure {
  const modelRanges = [...listRanges(protocol, found, 'model')];
  const model = readModel(body, modelRanges.at(-1) ?? null);
  if (typeof model !== 'string') return model;
  const turns = selectRange(protocol, found, 'turns');
  const missing = protocol === 'chat' ? findMissing(body, turns, 'messages') : null;
  if (missing !== null) return missing;
  const stream = readFlag(body, selectRange(protocol, found, 'stream'), 'stream');
  if (typeof stream !== 'boolean') return stream;
  const maxTokens = readMaxTokens(protocol, body, found);
  if (maxTokens !== null && typeof maxTokens !== 'number') return maxTokens;
  const system = selectRange(protocol, found, 'system');
  return {
    ok: true,
    model,
    modelRanges,
    stream,
    maxTokens: multiply(maxTokens, body, selectRange(protocol, found, 'choices')),
    streamOptions: [...listRanges(protocol, found, 'streamOptions')],
    turns,
    system,
    tools: selectRange(protocol, found, 'tools'),
    imageSize: null,
    session: readSession(body, selectRange(protocol, found, 'sessionId'), system, turns),
  };
}

function readGemini(body: Buffer, found: Found): Fields | ScanFailure {
  const counted = selectRange('gemini', found, 'request');
  if (counted === null || selectRange('gemini', found, 'turns') !== null)
    return readGoogle(body, found, { model: null, modelRanges: [] });
  const members = selectMembers(body, counted, TABLES.gemini);
  return readGoogle(body, members, { model: null, modelRanges: [...listRanges('gemini', members, 'model')] });
}

function readGoogle(
  body: Buffer,
  found: Found,
  named: Pick<Fields, 'model' | 'modelRanges'>,
): Fields | ScanFailure {
  const turns = selectRange('gemini', found, 'turns');
  const missing = findMissing(body, turns, 'contents');
  if (missing !== null) return missing;
  const config = selectMembers(body, selectRange('gemini', found, 'config'), CONFIG_TABLE);
  const maxTokens = readCount(body, selectFirst(config.slice(0, 2)), 'maxOutputTokens');
  if (maxTokens !== null && typeof maxTokens !== 'number') return maxTokens;
  const image = selectMembers(body, selectFirst(config.slice(4)), IMAGE_TABLE);
  const system = selectRange('gemini', found, 'system');
  return {
    ok: true,
    ...named,
    stream: false,
    maxTokens: multiply(maxTokens, body, selectFirst(config.slice(2, 4))),
    streamOptions: [],
    turns,
    system,
    tools: selectRange('gemini', found, 'tools'),
    imageSize: readWord(body, selectFirst(image)),
    session: readSession(body, selectRange('gemini', found, 'sessionId'), system, turns),
  };
}

/** v1internal: the model beside the request, which is one of Gemini. */
function readEnveloped(body: Buffer, found: Found): Fields | ScanFailure {
  const modelRanges = [...listRanges('code-assist', found, 'model')];
  const model = readModel(body, modelRanges.at(-1) ?? null);
  if (typeof model !== 'string') return model;
  const request = selectRange('code-assist', found, 'request');
  if (request === null) return fail('request', 'request: this field is required.');
  if (body[request.start] !== OPEN_BRACE) return fail('request', 'request: must be an object.');
  return readGoogle(body, selectMembers(body, request, TABLES.gemini), { model, modelRanges });
}

/** All ranges of the first name of this role that the request has. */
function listRanges(protocol: ScannedProtocol, found: Found, role: Role): readonly ByteRange[] {
  const index = NAMES[protocol].findIndex(([, own], at) => own === role && (found[at]?.length ?? 0) > 0);
  return found[index] ?? [];
}

/** Of repeated keys the last one counts, as in JSON.parse. */
function selectRange(protocol: ScannedProtocol, found: Found, role: Role): ByteRange | null {
  return listRanges(protocol, found, role).at(-1) ?? null;
}

function selectFirst(found: Found): ByteRange | null {
  return found.find((ranges) => ranges.length > 0)?.at(-1) ?? null;
}

/** The members of a nested object, as offsets into the body; none when it is no object. */
function selectMembers(body: Buffer, range: ByteRange | null, table: FieldTable): ByteRange[][] {
  if (range === null || body[range.start] !== OPEN_BRACE) return [];
  const scan = scanObjectFields(body.subarray(range.start, range.end), table);
  if (!scan.ok) return [];
  return scan.found.map((ranges) =>
    ranges.map(({ start, end }) => ({ start: start + range.start, end: end + range.start })),
  );
}

function findMissing(body: Buffer, turns: ByteRange | null, field: string): ScanFailure | null {
  if (turns === null) return fail(field, `${field}: this field is required.`);
  return body[turns.start] === OPEN_BRACKET ? null : fail(field, `${field}: must be an array.`);
}

/** The first that is there and not null. */
function readMaxTokens(protocol: ScannedProtocol, body: Buffer, found: Found): number | null | ScanFailure {
  for (const [index, [name, role]] of NAMES[protocol].entries()) {
    const range = role === 'maxTokens' ? found[index]?.at(-1) : undefined;
    const count = range === undefined ? null : readCount(body, range, name);
    if (count !== null) return count;
  }
  return null;
}

/** A number of choices that is none is the upstream's to refuse. */
function multiply(maxTokens: number | null, body: Buffer, range: ByteRange | null): number | null {
  const choices = range === null ? null : readCount(body, range, 'choices');
  if (maxTokens === null || typeof choices !== 'number') return maxTokens;
  return Math.min(maxTokens * Math.max(1, choices), Number.MAX_SAFE_INTEGER);
}

/** Texts are read and hashed only where the client names no session. */
function readSession(
  body: Buffer,
  sessionId: ByteRange | null,
  system: ByteRange | null,
  turns: ByteRange | null,
): BodySession {
  const promptCacheKey = readIdToken(body, sessionId);
  const text = promptCacheKey === null ? readTurnsSession(body, system, turns) : null;
  return { user: null, promptCacheKey, text };
}

function readWord(body: Buffer, range: ByteRange | null): string | null {
  return range === null ? null : decodeJsonString(body, range, WORD_TOKEN_BYTES_MAX);
}
