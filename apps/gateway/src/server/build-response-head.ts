import { STATUS_CODES } from 'node:http';

/** What goes before the body. */
export interface ResponseHead {
  /** Without `HTTP/1.1`. */
  line: string;
  /**
   * The value of `x-request-id` and, behind it, the lines of all other headers, each after a line end: one crossing into
   * native code takes them all.
   */
  lines: string;
}

/** RFC 9110 §5.6.2. */
const TOKEN = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
/** CR, LF and NUL would end the header (response splitting); other controls are illegal too, tab is not. */
// oxlint-disable-next-line no-control-regex
const CONTROL = /[\0-\x08\x0a-\x1f\x7f]/;
const CONTROLS = new RegExp(CONTROL, 'g');
/** The server frames the body and writes these itself; a second copy would contradict the first. */
const OWN_HEADERS: ReadonlySet<string> = new Set([
  'connection',
  'content-length',
  'date',
  'keep-alive',
  'transfer-encoding',
  'upgrade',
]);

/** What uWebSockets.js writes unasked. */
export const OK_LINE = '200 OK';

const NAMES_MAX = 1_000;
/** Longer values are not remembered with their line. */
const KNOWN_VALUE_LENGTH_MAX = 256;

/** What is known of a header's name. */
interface KnownHeader {
  isWritten: boolean;
  /** The last value that was written, and its line: most are the same from answer to answer. */
  value: string;
  line: string;
}

/** By name: most come with every answer; upstreams choose some, so there is a bound. */
const known = new Map<string, KnownHeader>();

/**
 * The head of an answer, safe to write as it is: control characters in values become spaces, headers with an
 * illegal name or one that the server owns are left out, and `x-request-id` is always ours.
 */
export function buildResponseHead(
  status: number,
  headers: Readonly<Record<string, string>>,
  requestId: string,
): ResponseHead {
  let lines: string = requestId;
  for (const name of Object.keys(headers)) {
    const header = known.get(name) ?? learnName(name);
    if (header.isWritten) lines += selectLine(header, name, headers[name] ?? '');
  }
  return { line: status === 200 ? OK_LINE : `${status} ${STATUS_CODES[status] ?? 'Unknown'}`, lines };
}

/** `headers`: of ours, with values that are safe as they are. */
export function addHeaders(head: ResponseHead, headers: readonly string[]): ResponseHead {
  return { line: head.line, lines: [head.lines, ...headers].join('\r\n') };
}

function learnName(name: string): KnownHeader {
  const lower = name.toLowerCase();
  const isWritten = lower !== 'x-request-id' && !OWN_HEADERS.has(lower) && TOKEN.test(name);
  const header: KnownHeader = { isWritten, value: '', line: '' };
  if (known.size >= NAMES_MAX) known.clear();
  known.set(name, header);
  return header;
}

/** With the line end before it. */
function selectLine(header: KnownHeader, name: string, value: string): string {
  if (value === header.value && header.line !== '') return header.line;
  const line = `\r\n${name}: ${cleanValue(value)}`;
  if (value.length > KNOWN_VALUE_LENGTH_MAX) return line;
  header.value = value;
  header.line = line;
  return line;
}

function cleanValue(value: string): string {
  return (CONTROL.test(value) ? value.replace(CONTROLS, ' ') : value).trim();
}
