import { connect, type Socket } from 'node:net';
import { once } from 'node:events';

const FIRST_BYTE_MS = 30_000;

/** Sends bytes as they are and reads until the server closes, or has begun to answer and falls silent for `silenceMs`. */
export async function exchangeRaw(url: string, bytes: string | Buffer, silenceMs = 500): Promise<Buffer> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const chunks: Buffer[] = [];
  socket.setTimeout(FIRST_BYTE_MS, () => socket.destroy());
  socket.on('data', (chunk: Buffer) => {
    chunks.push(chunk);
    socket.setTimeout(silenceMs);
  });
  socket.on('error', () => {});
  socket.write(bytes);
  await once(socket, 'close');
  return Buffer.concat(chunks);
}

/** An open raw connection for tests that leave, stall or read slowly. */
export async function openRaw(url: string): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  await once(socket, 'connect');
  return socket;
}

export function buildRequest(path: string, headers: Record<string, string>, body: string | Buffer): Buffer {
  const bytes = Buffer.from(body);
  const head = [
    `POST ${path} HTTP/1.1`,
    'host: gateway',
    'content-type: application/json',
    `content-length: ${bytes.length}`,
    ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
  ].join('\r\n');
  return Buffer.concat([Buffer.from(`${head}\r\n\r\n`), bytes]);
}
