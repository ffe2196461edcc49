import { isIPv4 } from 'node:net';

export interface DnsQuestion {
  id: number;
  /** Lower case, without a dot at the end. */
  name: string;
  type: number;
  /** Where the question ends: it is repeated in the answer. */
  end: number;
}

export const TYPE_A = 1;
export const TYPE_AAAA = 28;
const HEADER_BYTES = 12;
const RESPONSE_FLAGS = 0x8580;
const NAME_ERROR = 3;
/** A pointer to the name in the question (RFC 1035 §4.1.4). */
const NAME_POINTER = 0xc00c;

/** The first question of a query; null = not a message that this server reads. */
export function parseQuestion(message: Buffer): DnsQuestion | null {
  const labels: string[] = [];
  let at = HEADER_BYTES;
  for (let length = message[at]; length !== undefined && length > 0; length = message[at]) {
    if (length > 63) return null;
    labels.push(message.subarray(at + 1, at + 1 + length).toString('latin1'));
    at += 1 + length;
  }
  const end = at + 5;
  if (message.length < end) return null;
  return {
    id: message.readUInt16BE(0),
    name: labels.join('.').toLowerCase(),
    type: message.readUInt16BE(at + 1),
    end,
  };
}

/** RFC 1035 §4.1, TTL 0; null addresses = there is no such name. */
export function encodeAnswer(
  query: Buffer,
  question: DnsQuestion,
  addresses: readonly string[] | null,
): Buffer {
  const header = Buffer.alloc(HEADER_BYTES);
  header.writeUInt16BE(question.id, 0);
  header.writeUInt16BE(addresses === null ? RESPONSE_FLAGS | NAME_ERROR : RESPONSE_FLAGS, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(addresses?.length ?? 0, 6);
  const records = (addresses ?? []).map((address) => encodeRecord(question.type, address));
  return Buffer.concat([header, query.subarray(HEADER_BYTES, question.end), ...records]);
}

function encodeRecord(type: number, address: string): Buffer {
  const data = encodeAddress(address);
  const head = Buffer.alloc(12);
  head.writeUInt16BE(NAME_POINTER, 0);
  head.writeUInt16BE(type, 2);
  head.writeUInt16BE(1, 4);
  head.writeUInt32BE(0, 6);
  head.writeUInt16BE(data.length, 10);
  return Buffer.concat([head, data]);
}

function encodeAddress(address: string): Buffer {
  if (isIPv4(address)) return Buffer.from(address.split('.').map(Number));
  const [head = '', tail = ''] = expandMapped(address).split('::');
  const before = head === '' ? [] : head.split(':');
  const after = tail === '' ? [] : tail.split(':');
  const gap = Array.from({ length: 8 - before.length - after.length }, () => '0');
  const bytes = Buffer.alloc(16);
  [...before, ...gap, ...after].forEach((group, index) =>
    bytes.writeUInt16BE(Number.parseInt(group, 16), index * 2),
  );
  return bytes;
}

/** `::ffff:127.0.0.1` → `::ffff:7f00:1`. */
function expandMapped(address: string): string {
  const v4 = /\d+\.\d+\.\d+\.\d+$/u.exec(address)?.[0];
  if (v4 === undefined) return address;
  const [a = 0, b = 0, c = 0, d = 0] = v4.split('.').map(Number);
  return address.replace(v4, `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`);
}
