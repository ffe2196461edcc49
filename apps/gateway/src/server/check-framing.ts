type Header = readonly [name: string, value: string];

/** How the end of a request's body is known. */
export type BodyFraming =
  | { kind: 'none' }
  | { kind: 'length'; lengthBytes: number }
  | { kind: 'chunked' }
  | { kind: 'refused'; reason: string };

/**
 * Reads the framing headers more strictly than uWebSockets.js, which takes the first of two Content-Lengths, an
 * empty one as 0, and any Transfer-Encoding as chunked. A proxy in front that reads them in another way would see
 * other request borders than we do (request smuggling, RFC 9112 §11.2), so such requests are refused.
 */
export function checkFraming(headers: readonly Header[]): BodyFraming {
  const lengths: Header[] = [];
  const encodings: Header[] = [];
  for (const header of headers) {
    if (header[0] === 'content-length') lengths.push(header);
    else if (header[0] === 'transfer-encoding') encodings.push(header);
  }
  if (encodings.length > 0) return checkEncodings(encodings, lengths.length);
  const [length] = lengths;
  if (length === undefined) return { kind: 'none' };
  if (lengths.length > 1) return { kind: 'refused', reason: 'Content-Length was sent twice.' };
  return checkLength(length[1]);
}

function checkEncodings(
  encodings: readonly (readonly [name: string, value: string])[],
  lengthCount: number,
): BodyFraming {
  if (lengthCount > 0) {
    return { kind: 'refused', reason: 'Content-Length and Transfer-Encoding were both sent.' };
  }
  if (encodings.length > 1 || encodings[0]?.[1].toLowerCase() !== 'chunked') {
    return { kind: 'refused', reason: 'The only Transfer-Encoding taken is chunked.' };
  }
  return { kind: 'chunked' };
}

function checkLength(value: string): BodyFraming {
  if (!/^\d{1,15}$/.test(value)) return { kind: 'refused', reason: 'Content-Length is not a number.' };
  const lengthBytes = Number(value);
  return lengthBytes === 0 ? { kind: 'none' } : { kind: 'length', lengthBytes };
}
