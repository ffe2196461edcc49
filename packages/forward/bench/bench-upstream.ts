import { createServer } from 'node:net';

/** Answers each request, whatever it is, with prepared bytes, so that the client's side is what is measured. */
const BODY = JSON.stringify({ id: 'msg_1', type: 'message', text: 'x'.repeat(360) });
const ANSWER = Buffer.from(
  [
    'HTTP/1.1 200 OK',
    'Date: Thu, 01 Jan 2026 00:00:00 GMT',
    'Content-Type: application/json',
    `Content-Length: ${BODY.length}`,
    'Connection: keep-alive',
    'request-id: req_011CSHoEeqs5C35K2UUqR7Fy',
    'anthropic-ratelimit-requests-limit: 4000',
    'anthropic-ratelimit-requests-remaining: 3999',
    'anthropic-ratelimit-requests-reset: 2026-01-01T00:00:00Z',
    'Server: cloudflare',
    '',
    BODY,
  ].join('\r\n'),
);

const server = createServer({ noDelay: true }, (socket) => {
  /** Of the present request, still to come. */
  let missing = 0;
  socket.on('error', () => {});
  socket.on('data', (chunk) => {
    if (missing === 0) {
      const headEnd = chunk.indexOf('\r\n\r\n');
      const length = Number(/content-length: (\d+)/u.exec(chunk.toString('latin1', 0, headEnd))?.[1] ?? 0);
      missing = headEnd + 4 + length;
    }
    missing -= chunk.length;
    if (missing === 0) socket.write(ANSWER);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  process.send?.(typeof address === 'object' ? address?.port : null);
});
process.on('disconnect', () => process.exit(0));
