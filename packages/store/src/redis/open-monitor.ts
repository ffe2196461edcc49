import { connect } from 'node:net';

/** A command that a Redis runs. */
export interface HeardCommand {
  args: string[];
  /** A script runs it. */
  isOfScript: boolean;
}

/**
 * Tells what a Redis runs, from when it resolves until it is disposed of. Not ioredis's own MONITOR: that one loses its
 * place when the first commands are told in one piece with the answer, as happens on a busy machine.
 */
export async function openMonitor(
  url: string,
  onCommand: (heard: HeardCommand) => void,
): Promise<Disposable> {
  const { hostname, port } = new URL(url);
  const socket = connect({ host: hostname, port: Number(port) }).setEncoding('latin1');
  const isOn = Promise.withResolvers<void>();
  let rest = '';
  socket.on('error', isOn.reject);
  socket.on('data', (text) => {
    const lines = (rest + String(text)).split('\r\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (line === '+OK') isOn.resolve();
      else onCommand(parseHeardCommand(line));
    }
  });
  socket.write('MONITOR\r\n');
  await isOn.promise;
  return { [Symbol.dispose]: () => void socket.destroy() };
}

/** `+<seconds> [<db> <address, or lua>] "<command>" "<argument>" …` */
export function parseHeardCommand(line: string): HeardCommand {
  const args = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, quoted = '']) => unquote(quoted));
  return { args, isOfScript: /^\S+ \[\d+ lua\]/.test(line) };
}

const ESCAPED: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', a: '\x07', b: '\b' };

function unquote(quoted: string): string {
  return quoted.replaceAll(/\\(?:x([0-9a-f]{2})|(.))/g, (_all, hex?: string, letter = '') =>
    hex === undefined ? (ESCAPED[letter] ?? letter) : String.fromCharCode(Number.parseInt(hex, 16)),
  );
}
