import { CARRIAGE_RETURN, LINE_FEED, OPEN_BRACE, QUOTE, SPACE } from './ascii.ts';
import { decodeJsonString } from './decode-json-value.ts';
import { buildFieldTable, scanObjectFields, type ByteRange } from './scan-object-fields.ts';
import { spliceModel } from './splice-model.ts';

const EVENT_FIELDS = buildFieldTable(['type', 'message']);
const MESSAGE_FIELDS = buildFieldTable(['model']);
const TYPE_TOKEN_BYTES_MAX = 128;
const DATA = Buffer.from('data:');

/** One `data:` line: where its value begins in the event, and in the values joined by line feeds. */
interface DataLine {
  inEvent: number;
  inJoined: number;
}

/**
 * One whole SSE event with `message.model` of its data replaced, when the data is a `message_start`;
 * any other event comes back as it is.
 */
export function rewriteMessageStart(event: Buffer, newModel: string): Buffer {
  const { joined, lines } = joinData(event);
  const ranges = findMessageModels(joined).map((range) => mapToEvent(range, lines));
  return ranges.length === 0 ? event : spliceModel(event, ranges, newModel);
}

function findMessageModels(data: Buffer): ByteRange[] {
  const scan = scanObjectFields(data, EVENT_FIELDS);
  if (!scan.ok) return [];
  const type = scan.found[0]?.at(-1);
  if (!type || decodeJsonString(data, type, TYPE_TOKEN_BYTES_MAX) !== 'message_start') return [];
  return (scan.found[1] ?? []).flatMap((message) => findModels(data, message));
}

function findModels(data: Buffer, message: ByteRange): ByteRange[] {
  if (data[message.start] !== OPEN_BRACE) return [];
  const scan = scanObjectFields(data.subarray(message.start, message.end), MESSAGE_FIELDS);
  if (!scan.ok) return [];
  return (scan.found[0] ?? [])
    .map(({ start, end }) => ({ start: start + message.start, end: end + message.start }))
    .filter((range) => data[range.start] === QUOTE);
}

/** SSE joins the values of several `data:` lines with a line feed. */
function joinData(event: Buffer): { joined: Buffer; lines: DataLine[] } {
  const lines: DataLine[] = [];
  const values: Buffer[] = [];
  let joinedBytes = 0;
  for (let start = 0; start < event.length;) {
    const end = findLineEnd(event, start);
    if (event.subarray(start, start + DATA.length).equals(DATA)) {
      const from = start + DATA.length + (event[start + DATA.length] === SPACE ? 1 : 0);
      lines.push({ inEvent: from, inJoined: joinedBytes });
      values.push(event.subarray(from, end), Buffer.from('\n'));
      joinedBytes += end - from + 1;
    }
    start = end + 1;
  }
  return { joined: Buffer.concat(values), lines };
}

function findLineEnd(event: Buffer, from: number): number {
  let at = from;
  while (at < event.length && event[at] !== LINE_FEED && event[at] !== CARRIAGE_RETURN) at += 1;
  return at;
}

/** A string token never spans lines, so both ends lie on one. */
function mapToEvent(range: ByteRange, lines: readonly DataLine[]): ByteRange {
  const line = lines.findLast(({ inJoined }) => inJoined <= range.start);
  const shift = line === undefined ? 0 : line.inEvent - line.inJoined;
  return { start: range.start + shift, end: range.end + shift };
}
