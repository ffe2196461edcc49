/** Bytes of HTTP answers for scripts. */
export function buildJsonAnswer(status: number, body: string, extra: Record<string, string> = {}): string {
  return buildHead(status, {
    'content-type': 'application/json',
    'content-length': String(Buffer.byteLength(body)),
    ...extra,
  }).concat(body);
}

/** The head of a chunked event stream. */
export function buildStreamHead(extra: Record<string, string> = {}): string {
  return buildHead(200, {
    'content-type': 'text/event-stream; charset=utf-8',
    'transfer-encoding': 'chunked',
    ...extra,
  });
}

export function buildHead(status: number, headers: Record<string, string>): string {
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  return `HTTP/1.1 ${status} Status\r\n${lines.join('')}\r\n`;
}

export function buildChunk(bytes: string | Buffer): Buffer {
  const data = Buffer.from(bytes);
  return Buffer.concat([Buffer.from(`${data.length.toString(16)}\r\n`), data, Buffer.from('\r\n')]);
}

export const LAST_CHUNK = '0\r\n\r\n';
