import type { Socket } from 'node:net';

/** Up to here head and body are copied together; from some 7 KB on two pieces of one write cost the same. */
const COPY_BYTES_MAX = 16 * 1024;

/** Of every plain connection in turn: memory of its own for each request costs up to a quarter of its write. */
let scratch = Buffer.allocUnsafeSlow(COPY_BYTES_MAX);

/** Head and body in one system call where the socket takes them at once. `head`: latin1. */
export function writeRequest(socket: Socket, head: string, body: Buffer | null): void {
  if (body === null || body.length === 0) {
    socket.write(head, 'latin1');
  } else if (head.length + body.length <= COPY_BYTES_MAX) {
    writeTogether(socket, head, body);
  } else {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }
}

function writeTogether(socket: Socket, head: string, body: Buffer): void {
  // TLS answers for its bytes later, so it would keep the scratch memory each time.
  const bytes = 'encrypted' in socket ? Buffer.allocUnsafe(head.length + body.length) : scratch;
  bytes.write(head, 'latin1');
  bytes.set(body, head.length);
  socket.write(bytes.subarray(0, head.length + body.length));
  // What the socket has not got rid of is still read from there.
  if (bytes === scratch && socket.writableLength > 0) scratch = Buffer.allocUnsafeSlow(COPY_BYTES_MAX);
}
