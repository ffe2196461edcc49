import { once } from 'node:events';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { PREPARED_JSON, PREPARED_STREAM } from './prepared-answers.ts';

export interface BenchServer {
  url: string;
  port: number;
  stop(): Promise<void>;
}

const HEAD_END = Buffer.from('\r\n\r\n');
const STREAM_MARK = Buffer.from('"stream":true');
const CONTENT_LENGTH = /\r\ncontent-length: *(\d+)/i;

const JSON_BYTES = buildResponse('application/json', PREPARED_JSON);
const STREAM_BYTES = buildResponse('text/event-stream; charset=utf-8', PREPARED_STREAM);

/**
 * The fast path for benchmarks: no HTTP library, one write of prepared bytes for each request, so that the
 * upstream is not what is measured. Understands requests with a content-length only, and answers any of them;
 * streams when the body holds `"stream":true` without spaces.
 */
export async function startBenchServer(options: { port?: number } = {}): Promise<BenchServer> {
  const sockets = new Set<Socket>();
  const server = createServer({ noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => sockets.delete(socket));
    answerOn(socket);
  });
  server.listen(options.port ?? 0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    port,
    async stop() {
      const closed = once(server, 'close');
      server.close();
      for (const socket of sockets) socket.destroy();
      await closed;
    },
  };
}

function answerOn(socket: Socket): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('data', (chunk: Buffer) => {
    rest = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    for (let end = findRequestEnd(rest); end > 0; end = findRequestEnd(rest)) {
      const isStream = rest.subarray(0, end).includes(STREAM_MARK);
      socket.write(isStream ? STREAM_BYTES : JSON_BYTES);
      rest = rest.subarray(end);
    }
  });
}

/** 0 = the request is not complete. */
function findRequestEnd(bytes: Buffer): number {
  const headEnd = bytes.indexOf(HEAD_END);
  if (headEnd < 0) return 0;
  const length = Number(CONTENT_LENGTH.exec(bytes.toString('latin1', 0, headEnd))?.[1] ?? 0);
  const end = headEnd + HEAD_END.length + length;
  return end <= bytes.length ? end : 0;
}

function buildResponse(contentType: string, body: Buffer): Buffer {
  const head = [
    'HTTP/1.1 200 OK',
    `content-type: ${contentType}`,
    `content-length: ${body.length}`,
    'request-id: req_sim_bench',
  ];
  return Buffer.concat([Buffer.from(`${head.join('\r\n')}\r\n\r\n`), body]);
}
