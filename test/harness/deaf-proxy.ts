import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

export interface DeafProxy {
  url: string;
  /** Messages that were eaten. */
  readonly eaten: number;
  stop(): Promise<void>;
}

const MESSAGE = '*3\r\n$7\r\nmessage\r\n';

/** A way to the Redis at `url` on which published invalidations are eaten, and everything else passes. */
export async function startDeafProxy(url: string): Promise<DeafProxy> {
  const target = new URL(url);
  const sockets = new Set<Socket>();
  let eaten = 0;
  const server = createServer((client) => {
    const redis = connect(Number(target.port), target.hostname);
    const filter = new MessageFilter(() => (eaten += 1));
    for (const [from, to, pass] of [
      [client, redis, (bytes: Buffer) => bytes],
      [redis, client, (bytes: Buffer) => filter.pass(bytes)],
    ] as const) {
      sockets.add(from);
      from.setNoDelay(true);
      from.on('error', () => {});
      from.on('data', (bytes: Buffer) => {
        const rest = pass(bytes);
        if (rest.length > 0 && to.writable) to.write(rest);
      });
      from.on('close', () => {
        sockets.delete(from);
        to.destroy();
      });
    }
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `redis://127.0.0.1:${(server.address() as AddressInfo).port}`,
    get eaten() {
      return eaten;
    },
    async stop() {
      server.close();
      for (const socket of sockets) socket.destroy();
      await once(server, 'close');
    },
  };
}

/** Takes messages of the invalidation channel out of what Redis sends; a message may come in any pieces. */
export class MessageFilter {
  readonly #onEaten: () => void;
  #held = '';

  constructor(onEaten: () => void) {
    this.#onEaten = onEaten;
  }

  pass(bytes: Buffer): Buffer {
    let text = this.#held + bytes.toString('latin1');
    let passed = '';
    this.#held = '';
    for (;;) {
      const at = text.indexOf(MESSAGE);
      if (at < 0) break;
      passed += text.slice(0, at);
      const parts = readTwoBulks(text, at + MESSAGE.length);
      if (!parts) {
        this.#held = text.slice(at);
        return Buffer.from(passed, 'latin1');
      }
      const isInvalidation = parts.channel.endsWith('{inv}:news');
      if (isInvalidation) this.#onEaten();
      else passed += text.slice(at, parts.end);
      text = text.slice(parts.end);
    }
    const tail = lengthOfTail(text);
    this.#held = text.slice(text.length - tail);
    return Buffer.from(passed + text.slice(0, text.length - tail), 'latin1');
  }
}

/** Channel and end of the two bulk strings from `start`; null = they are not whole. */
function readTwoBulks(text: string, start: number): { channel: string; end: number } | null {
  let at = start;
  let channel: string | null = null;
  for (let part = 0; part < 2; part += 1) {
    const lineEnd = text.indexOf('\r\n', at);
    if (lineEnd < 0) return null;
    const from = lineEnd + 2;
    const end = from + Number(text.slice(at + 1, lineEnd)) + 2;
    if (text.length < end) return null;
    channel ??= text.slice(from, end - 2);
    at = end;
  }
  return { channel: channel ?? '', end: at };
}

/** How much of the end may be the begin of a message: a line that is not whole cannot matter before it is. */
function lengthOfTail(text: string): number {
  for (let length = Math.min(text.length, MESSAGE.length - 1); length > 0; length -= 1) {
    if (MESSAGE.startsWith(text.slice(text.length - length))) return length;
  }
  return 0;
}
