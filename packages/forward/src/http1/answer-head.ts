import { findHeaderName, type HeaderRole } from './header-names.ts';

/** Without a prototype: a header may be called `constructor` or `__proto__`. */
const HeaderRecord = function HeaderRecord() {} as unknown as new () => Record<string, string>;
HeaderRecord.prototype = Object.create(null);

const HINT = /(?:^|[,;\s])timeout\s*=\s*"?(\d{1,7})(?!\d)/iu;
/** More digits than a safe integer holds are no length. */
const LENGTH = /^\d{1,15}$/u;
const ZERO = 48;
const SPACE = 32;
const TAB = 9;

/** The first lines of an answer, read. Made by `parseAnswerHead`. */
export class AnswerHead {
  readonly status: number;
  readonly headers = new HeaderRecord();
  readonly #isHttp11: boolean;
  /** Bytes of the body; −1 = not said. */
  contentLength = -1;
  isChunked = false;
  /** How long the upstream says it keeps an idle connection; −1 = not said. */
  keepAliveHintMs = -1;
  #saysClose = false;
  #saysKeepAlive = false;

  constructor(status: number, isHttp11: boolean) {
    this.status = status;
    this.#isHttp11 = isHttp11;
  }

  /** RFC 9112 §9.3. */
  get isKeepAlive(): boolean {
    return !this.#saysClose && (this.#isHttp11 || this.#saysKeepAlive);
  }

  /** RFC 9110 §6.4.1: no body, whatever the headers say. */
  get isBodyless(): boolean {
    return this.status === 204 || this.status === 304 || this.status < 200;
  }

  /** One line without its end; the problem with it, or null. */
  addLine(text: string, start: number, end: number): string | null {
    const colon = text.indexOf(':', start);
    if (colon === -1 || colon >= end) return 'a header line without a colon';
    const known = findHeaderName(text.slice(start, colon));
    if (known === null) return 'a header name that is no token';
    const value = trimValue(text, colon + 1, end);
    const before = this.headers[known.name];
    this.headers[known.name] = before === undefined ? value : `${before}, ${value}`;
    return known.role === 'plain' ? null : this.#addFraming(known.role, value, before !== undefined);
  }

  /** RFC 9112 §6.1: what could be read in two ways is refused. */
  findConflict(): string | null {
    if (!this.isChunked) return null;
    if (this.contentLength !== -1) return 'a length and chunks';
    return this.#isHttp11 ? null : 'chunks in HTTP/1.0';
  }

  #addFraming(role: HeaderRole, value: string, isRepeated: boolean): string | null {
    switch (role) {
      case 'content-length':
        if (isRepeated || !LENGTH.test(value)) return 'a content-length that is no one number';
        this.contentLength = Number(value);
        return null;
      case 'transfer-encoding':
        if (isRepeated || value.toLowerCase() !== 'chunked') return 'a transfer-encoding besides chunked';
        this.isChunked = true;
        return null;
      case 'connection':
        this.#addConnectionOptions(value);
        return null;
      default:
        this.keepAliveHintMs = Number(HINT.exec(value)?.[1] ?? -0.001) * 1000;
        return null;
    }
  }

  #addConnectionOptions(value: string): void {
    if (value === 'keep-alive') this.#saysKeepAlive = true;
    else for (const option of value.toLowerCase().split(',')) this.#addConnectionOption(option.trim());
  }

  #addConnectionOption(option: string): void {
    if (option === 'close') this.#saysClose = true;
    if (option === 'keep-alive') this.#saysKeepAlive = true;
  }
}

/**
 * `text`: a head as `HeadScanner` let it pass, without the blank line at its end. A string is the problem with it.
 */
export function parseAnswerHead(text: string): AnswerHead | string {
  const lineEnd = selectLineEnd(text, 0);
  const head = parseStatusLine(text, lineEnd);
  if (head === null) return 'no status line of HTTP/1';
  for (let start = lineEnd + 2; start < text.length;) {
    const end = selectLineEnd(text, start);
    const problem = head.addLine(text, start, end);
    if (problem !== null) return problem;
    start = end + 2;
  }
  return head.findConflict() ?? head;
}

function selectLineEnd(text: string, start: number): number {
  const end = text.indexOf('\r', start);
  return end === -1 ? text.length : end;
}

/** RFC 9112 §4; the reason may be missing together with its space. */
function parseStatusLine(text: string, end: number): AnswerHead | null {
  const isHttp11 = text.startsWith('HTTP/1.1 ');
  if (!isHttp11 && !text.startsWith('HTTP/1.0 ')) return null;
  if (end < 12 || (end > 12 && text.charCodeAt(12) !== SPACE)) return null;
  let status = 0;
  for (let at = 9; at < 12; at += 1) {
    const digit = text.charCodeAt(at) - ZERO;
    if (digit < 0 || digit > 9) return null;
    status = status * 10 + digit;
  }
  return status < 100 ? null : new AnswerHead(status, isHttp11);
}

function trimValue(text: string, start: number, end: number): string {
  let from = start;
  let to = end;
  while (from < to && isBlank(text.charCodeAt(from))) from += 1;
  while (to > from && isBlank(text.charCodeAt(to - 1))) to -= 1;
  return text.slice(from, to);
}

function isBlank(code: number): boolean {
  return code === SPACE || code === TAB;
}
