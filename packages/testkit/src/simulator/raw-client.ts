import { connect } from 'node:net';

export interface RawAnswer {
  /** Everything that came, head included. */
  bytes: Buffer;
  /** `end`: the other side closed; `reset`: RST; `quiet`: nothing more within the time. */
  ending: 'end' | 'reset' | 'quiet';
}

export interface RawRequest {
  port: number;
  /** JSON body of a POST /v1/messages; text goes as it is. */
  body?: unknown;
  headers?: Record<string, string>;
  method?: string;
  path?: string;
  quietMs?: number;
}

/** One request on a socket of its own, with no HTTP library between the bytes and the test. */
export function sendRaw(request: RawRequest): Promise<RawAnswer> {
  const { promise, resolve } = Promise.withResolvers<RawAnswer>();
  const socket = connect(request.port, '127.0.0.1', () => socket.write(buildRequestBytes(request)));
  const chunks: Buffer[] = [];
  const finish = (ending: RawAnswer['ending']) => {
    resolve({ bytes: Buffer.concat(chunks), ending });
    socket.destroy();
  };
  socket.setTimeout(request.quietMs ?? 150, () => finish('quiet'));
  socket.on('data', (chunk) => chunks.push(chunk));
  socket.on('error', () => finish('reset'));
  socket.on('end', () => finish('end'));
  return promise;
}

function buildRequestBytes(request: RawRequest): string {
  const { method = 'POST', path = '/v1/messages' } = request;
  const body = typeof request.body === 'string' ? request.body : JSON.stringify(request.body ?? '');
  const headers: Record<string, string> = {
    host: 'simulator',
    'x-api-key': 'sk-any',
    'anthropic-version': '2023-06-01',
    'content-length': String(Buffer.byteLength(body)),
    ...request.headers,
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}`);
  return `${method} ${path} HTTP/1.1\r\n${lines.join('\r\n')}\r\n\r\n${body}`;
}
