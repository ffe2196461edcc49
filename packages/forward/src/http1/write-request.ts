import type { Socket } from 'node:net';

/** Up to here head and body are copied together; a larger body goes as a second piece of the same write. Not measured. */
const COPY_BYTES_MAX = 16 * 1024;

/** Head and body in one system call where the socket takes them at once. */
export function writeRequest(socket: Socket, head: string, body: Buffer | null): void {
  if (body === null || body.length === 0) {
    socket.write(head, 'latin1');
  } else if (body.length <= COPY_BYTES_MAX) {
    const bytes = Buffer.allocUnsafe(head.length + body.length);
    bytes.write(head, 'latin1');
    bytes.set(body, head.length);
    socket.write(bytes);
  } else {
    socket.cork();
    socket.write(head, 'latin1');
    socket.write(body);
    socket.uncork();
  }
}
