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

/** Verdicts on names, most of which come with every answer; upstreams choose some, so there is a bound. */
const verdicts = new Map<string, boolean>();
const VERDICTS_MAX = 1_000;

function isNameAllowed(name: string): boolean {
  const known = verdicts.get(name);
  if (known !== undefined) return known;
  const lower = name.toLowerCase();
  const isAllowed = lower !== 'x-request-id' && !OWN_HEADERS.has(lower) && TOKEN.test(name);
  if (verdicts.size >= VERDICTS_MAX) verdicts.clear();
  verdicts.set(name, isAllowed);
  return isAllowed;
}

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
    if (isNameAllowed(name)) lines += `\r\n${name}: ${cleanValue(String(headers[name]))}`;
  }
  return { line: status === 200 ? OK_LINE : `${status} ${STATUS_CODES[status] ?? 'Unknown'}`, lines };
}

/** `headers`: of ours, with values that are safe as they are. */
export function addHeaders(head: ResponseHead, headers: readonly string[]): ResponseHead {
  return { line: head.line, lines: [head.lines, ...headers].join('\r\n') };
}

function cleanValue(value: string): string {
  return (CONTROL.test(value) ? value.replace(CONTROLS, ' ') : value).trim();
}
