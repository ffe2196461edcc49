import { OWN_HEADERS } from '../own-headers.ts';
import type { UpstreamRequest } from '../port.ts';
import { isToken } from './header-names.ts';

/** A space or line end in a path, or in a value, would be the start of another header or request. */
const BAD_IN_PATH = /[^\u0021-\u007e]/u;
// oxlint-disable-next-line no-control-regex
const BAD_IN_VALUE = /[^\t\u0020-\u007e\u0080-\u00ff]/u;
const NAMES_MAX = 512;
/** Longer values are not remembered with their line. */
const KNOWN_VALUE_LENGTH_MAX = 256;

/** What is known of a header's name. */
interface KnownHeader {
  isSent: boolean;
  /** The last value that was written, checked, and its line: most are the same from request to request. */
  value: string;
  line: string;
}

/** By name: callers use the same few over and over. */
const known = new Map<string, KnownHeader>();

/** The head of a request, to be written as latin1; null when it cannot be written without changing its meaning. */
export function buildRequestHead(request: UpstreamRequest, authority: string): string | null {
  const { method, path, headers, body } = request;
  if (!path.startsWith('/') || BAD_IN_PATH.test(path)) return null;
  let head = `${method} ${path} HTTP/1.1\r\nhost: ${authority}\r\nconnection: keep-alive\r\naccept-encoding: identity\r\n`;
  for (const name of Object.keys(headers)) {
    const header = known.get(name) ?? learnName(name);
    if (header === null) return null;
    if (!header.isSent) continue;
    const line = selectLine(header, name, headers[name] ?? '');
    if (line === null) return null;
    head += line;
  }
  // RFC 9110 §8.6: a POST says its length even when it is 0.
  if (body !== null || method === 'POST') head += `content-length: ${body?.length ?? 0}\r\n`;
  return `${head}\r\n`;
}

/** null = the value cannot be written. */
function selectLine(header: KnownHeader, name: string, value: string): string | null {
  if (value === header.value && header.line !== '') return header.line;
  if (BAD_IN_VALUE.test(value)) return null;
  const line = `${name}: ${value}\r\n`;
  if (value.length > KNOWN_VALUE_LENGTH_MAX) return line;
  header.value = value;
  header.line = line;
  return line;
}

/** null = no token. */
function learnName(name: string): KnownHeader | null {
  if (!isToken(name)) return null;
  const header: KnownHeader = { isSent: !OWN_HEADERS.has(name.toLowerCase()), value: '', line: '' };
  if (known.size >= NAMES_MAX) known.clear();
  known.set(name, header);
  return header;
}
