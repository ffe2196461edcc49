import { isObject } from '../json/json-object.ts';

const DELTA_TYPE = Buffer.from('"delta":{"type":"');
const BEFORE_INDEX_BYTES = '{"type":"content_block_delta","index":'.length;
const QUOTE = 34;
/** What stands between the delta's type and the first byte of its text, as the API writes it. */
const PAYLOAD_KEYS = new Map([
  [0x74_65, 'text_delta","text":"'.length],
  [0x74_68, 'thinking_delta","thinking":"'.length],
  [0x69_6e, 'input_json_delta","partial_json":"'.length],
]);
/** `"}}` */
const CLOSING_BYTES = 3;

/**
 * How many bytes of generated text one `content_block_delta` carries, as they stand in the JSON (an escape
 * counts as written). An estimate for answers that end without usage, made without parsing: the API's own
 * spelling is read by position, any other spelling is parsed. Signatures and citations are not output text.
 */
export function measureDeltaBytes(data: Buffer, dataBytes: number, isCut: boolean): number {
  const typeAt = findDeltaType(data);
  if (typeAt === -1) return isCut ? 0 : parseDeltaBytes(data);
  const keyBytes = PAYLOAD_KEYS.get(((data[typeAt] ?? 0) << 8) | (data[typeAt + 1] ?? 0));
  if (keyBytes === undefined) return 0;
  const textAt = typeAt + keyBytes;
  if (isCut) return Math.max(0, dataBytes - textAt - CLOSING_BYTES);
  if (data[textAt - 1] !== QUOTE) return parseDeltaBytes(data);
  let end = data.length - 1;
  while (end > textAt && data[end] !== QUOTE) end -= 1;
  return Math.max(0, end - textAt);
}

/** Where the delta's type begins; -1 = spelled in another way. Loops, as a native search costs more than the few bytes. */
function findDeltaType(data: Buffer): number {
  let at = BEFORE_INDEX_BYTES;
  while (isDigit(data[at])) at += 1;
  at += 1;
  for (let index = 0; index < DELTA_TYPE.length; index += 1) {
    if (data[at + index] === DELTA_TYPE[index]) continue;
    const found = data.indexOf(DELTA_TYPE);
    return found === -1 ? -1 : found + DELTA_TYPE.length;
  }
  return at + DELTA_TYPE.length;
}

function isDigit(byte: number | undefined): boolean {
  return byte !== undefined && byte >= 0x30 && byte <= 0x39;
}

function parseDeltaBytes(data: Buffer): number {
  try {
    const event: unknown = JSON.parse(data.toString('utf8'));
    if (!isObject(event) || !isObject(event['delta'])) return 0;
    const { text, thinking, partial_json: json } = event['delta'];
    const payload = [text, thinking, json].find((value) => typeof value === 'string');
    return typeof payload === 'string' ? Buffer.byteLength(payload) : 0;
  } catch {
    return 0;
  }
}
