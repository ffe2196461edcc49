type Header = readonly [name: string, value: string];

/** How the end of a request's body is known. */
export type BodyFraming =
  | { kind: 'none' }
  | { kind: 'length'; lengthBytes: number }
  | { kind: 'chunked' }
  | { kind: 'refused'; reason: string };

const NO_BODY: BodyFraming = { kind: 'none' };
const CHUNKED: BodyFraming = { kind: 'chunked' };
const ONLY_CHUNKED = 'The only Transfer-Encoding taken is chunked.';
/** More digits than a safe integer holds are no length. */
const LENGTH = /^\d{1,15}$/;

/**
 * Reads the framing headers more strictly than uWebSockets.js, which takes the first of two Content-Lengths, an
 * empty one as 0, and any Transfer-Encoding as chunked. A proxy in front that reads them in another way would see
 * other request borders than we do (request smuggling, RFC 9112 §11.2), so such requests are refused.
 */
export function checkFraming(headers: readonly Header[]): BodyFraming {
  let length: string | null = null;
  let encoding: string | null = null;
  for (const { 0: name, 1: value } of headers) {
    if (name === 'content-length') {
      if (length !== null) return refuse('Content-Length was sent twice.');
      length = value;
    } else if (name === 'transfer-encoding') {
      if (encoding !== null) return refuse(ONLY_CHUNKED);
      encoding = value;
    }
  }
  if (encoding !== null) return checkEncoding(encoding, length !== null);
  return length === null ? NO_BODY : checkLength(length);
}

function checkEncoding(encoding: string, hasLength: boolean): BodyFraming {
  if (hasLength) return refuse('Content-Length and Transfer-Encoding were both sent.');
  return encoding.toLowerCase() === 'chunked' ? CHUNKED : refuse(ONLY_CHUNKED);
}

function checkLength(value: string): BodyFraming {
  if (!LENGTH.test(value)) return refuse('Content-Length is not a number.');
  const lengthBytes = Number(value);
  return lengthBytes === 0 ? NO_BODY : { kind: 'length', lengthBytes };
}

function refuse(reason: string): BodyFraming {
  return { kind: 'refused', reason };
}
