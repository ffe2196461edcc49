/** The few parts of Postgres' wire protocol 3.0 that the embedded server speaks by itself. */

export const SSL_REQUEST = 80_877_103;
export const GSS_REQUEST = 80_877_104;
export const CANCEL_REQUEST = 80_877_102;
export const PROTOCOL_3 = 196_608;

/** No statement of this program comes near it. */
export const FRAME_BYTES_MAX = 256 * 1024 * 1024;

export interface Frame {
  /** One letter; '' for the untyped frames that begin a connection. */
  type: string;
  /** The whole frame, with its type and length. */
  bytes: Buffer;
}

/** Splits what a client sent, in any chunks, into frames. */
export class FrameSplitter {
  #chunks: Buffer[] = [];
  #length = 0;

  push(chunk: Buffer): void {
    this.#chunks.push(chunk);
    this.#length += chunk.length;
  }

  /** The next whole frame; null = more bytes are needed. Throws RangeError on an impossible length. */
  take(typed: boolean): Frame | null {
    const headBytes = typed ? 5 : 4;
    if (this.#length < headBytes) return null;
    // Joined only when the first chunk does not hold the head: a large frame in many chunks is copied once.
    if ((this.#chunks[0]?.length ?? 0) < headBytes) this.#join();
    const head = this.#chunks[0] ?? Buffer.alloc(0);
    const size = head.readUInt32BE(headBytes - 4) + (typed ? 1 : 0);
    if (size < (typed ? 5 : 8) || size > FRAME_BYTES_MAX) throw new RangeError(`frame of ${size} bytes`);
    if (this.#length < size) return null;
    if (head.length < size) this.#join();
    return { type: typed ? String.fromCharCode(head.readUInt8(0)) : '', bytes: this.#cut(size) };
  }

  #join(): void {
    this.#chunks = [Buffer.concat(this.#chunks)];
  }

  #cut(size: number): Buffer {
    const [head = Buffer.alloc(0)] = this.#chunks;
    this.#length -= size;
    if (head.length === size) this.#chunks.shift();
    else this.#chunks[0] = head.subarray(size);
    return head.subarray(0, size);
  }
}

export function encodeFrame(type: string, body: Buffer): Buffer {
  const head = Buffer.alloc(5);
  head.write(type, 'latin1');
  head.writeUInt32BE(body.length + 4, 1);
  return Buffer.concat([head, body]);
}

export function encodeQuery(sql: string): Buffer {
  return encodeFrame('Q', Buffer.from(`${sql}\0`));
}

/** Asks for a password in clear text: the connection never leaves the machine. */
export function encodePasswordRequest(): Buffer {
  return encodeFrame('R', Buffer.from([0, 0, 0, 3]));
}

/** What a server says after a good password: who it is, and that it is ready. */
export function encodeWelcome(parameters: Readonly<Record<string, string>>): Buffer {
  return Buffer.concat([
    encodeFrame('R', Buffer.alloc(4)),
    ...Object.entries(parameters).map(([name, value]) =>
      encodeFrame('S', Buffer.from(`${name}\0${value}\0`)),
    ),
    encodeFrame('K', Buffer.alloc(8)),
    encodeFrame('Z', Buffer.from('I')),
  ]);
}

/** A fatal error, e.g. 28P01 = wrong password. */
export function encodeFatal(code: string, message: string): Buffer {
  return encodeFrame('E', Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`));
}

/** The status of a ReadyForQuery at the end of an answer: idle or not; null = the answer ends otherwise. */
export function decodeReadyStatus(answer: Uint8Array): 'idle' | 'in-transaction' | null {
  const tail = Buffer.from(answer.buffer, answer.byteOffset, answer.byteLength).subarray(-6);
  if (tail.length < 6 || tail.toString('latin1', 0, 5) !== 'Z\0\0\0\u0005') return null;
  return tail.toString('latin1', 5) === 'I' ? 'idle' : 'in-transaction';
}
