import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { readCommands } from './read-commands.ts';

/** Bytes to send for one command; null = none. `connection`: 1 for the first that was made, and so on. */
export type Answer = (words: string[], context: { connection: number; socket: Socket }) => string | null;

export interface FakeRedis {
  port: number;
  url: string;
  /** Every command that came, of all connections. */
  readonly commands: string[][];
  readonly connections: number;
  close(): Promise<void>;
}

/** What a healthy Redis says while a connection is made; `null` for every other command. */
export function answerHandshake([name]: string[]): string | null {
  if (name === 'PING') return '+PONG\r\n';
  return name === 'CLIENT' || name === 'SELECT' || name === 'AUTH' ? '+OK\r\n' : null;
}

/** A server on a free loopback port that says what a test wants to hear. */
export async function startFakeRedis(answer: Answer): Promise<FakeRedis> {
  const commands: string[][] = [];
  const sockets: Socket[] = [];
  const server = createServer((socket) => {
    sockets.push(socket);
    serve(socket, { connection: sockets.length, answer, commands });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return {
    port,
    url: `redis://127.0.0.1:${port}`,
    commands,
    get connections() {
      return sockets.length;
    },
    close: () => stop(server, sockets),
  };
}

function serve(
  socket: Socket,
  { connection, answer, commands }: { connection: number; answer: Answer; commands: string[][] },
): void {
  let rest: Buffer = Buffer.alloc(0);
  socket.on('error', () => {});
  socket.on('data', (bytes: Buffer) => {
    const read = readCommands(Buffer.concat([rest, bytes]));
    rest = read.rest;
    for (const words of read.commands) {
      commands.push(words);
      const text = answer(words, { connection, socket });
      if (text !== null && !socket.destroyed) socket.write(text);
    }
  });
}

async function stop(server: Server, sockets: readonly Socket[]): Promise<void> {
  for (const socket of sockets) socket.destroy();
  await new Promise((resolve) => server.close(resolve));
}
